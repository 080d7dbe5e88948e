/**
 * Compressed payloads that go over as they are: an encoder that answers with the source's data where that holds the very payload. Sizes
 * before it and zeros behind it, in which producers differ, are the writer's business.
 */
import { encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import { CORE_CODECS, type Codecs } from "../codec/codecs.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { Encoders } from "../write/compress-payload.js";

const SIZE_BYTES = 8;
const LZ4_SIZE_BYTES = 4;

export class KeptFrames {
  readonly #decoders: Codecs;
  readonly #encoders: Encoders;
  /** Where the codec's data may begin in the stored payload: behind sizes, or at once. */
  #frames: readonly Uint8Array[] = [];
  #taken = false;

  constructor(codecs: Partial<Encoders & Codecs> = {}) {
    this.#decoders = { ...CORE_CODECS, ...codecs };
    this.#encoders = { encodeZstd, encodeLz4Block, ...codecs };
  }

  /** Whether the bytes that were offered last went over. */
  get taken(): boolean {
    return this.#taken;
  }

  /** Encoders for a writer. */
  readonly encoders: Encoders = {
    encodeZstd: (payload, level) => {
      const { length } = payload;
      const same = this.#holds(payload, (frame) => this.#decoders.zstd(frame, { bytes: length, exact: true }));
      return same ?? this.#encoders.encodeZstd(payload, level);
    },
    encodeLz4Block: (payload) =>
      this.#holds(payload, (frame) => this.#decoders.lz4Block(frame, payload.length)) ?? this.#encoders.encodeLz4Block(payload),
  };

  /** The next payload to be compressed is that of this block, stored in the shape that the writer has for it. */
  async offer(block: CaptureBlock, most: number, signal: AbortSignal | undefined): Promise<void> {
    const stored = block.stored();
    this.withdraw();
    if (block.compression === "none" || block.truncated || stored.size > most) return;
    const bytes = await stored.read(0, stored.size, signal);
    const leads = block.compression === "lz4" ? [SIZE_BYTES + LZ4_SIZE_BYTES, SIZE_BYTES] : [SIZE_BYTES, 0];
    this.#frames = leads.filter((lead) => lead < bytes.length).map((lead) => bytes.subarray(lead));
  }

  /** Nothing is offered any more. */
  withdraw(): void {
    this.#frames = [];
    this.#taken = false;
  }

  #holds(payload: Uint8Array, decode: (frame: Uint8Array) => ReturnType<Codecs["lz4Block"]>): Uint8Array | undefined {
    for (const frame of this.#frames) {
      const result = decode(frame);
      if (!result.ok || !isSame(result.bytes, payload)) continue;
      this.#taken = true;
      return frame.subarray(0, frame.length - result.trailingZeros);
    }
    return undefined;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
