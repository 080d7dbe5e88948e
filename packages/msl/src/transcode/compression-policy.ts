/** How each block of the output is stored: with which compression, and whether the compressed bytes of the source may be kept. */

import { ownBytes } from "../bytes.js";
import { BlockType, type Compression } from "../format/codes.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { CompressionChoice } from "../write/compress-payload.js";
import type { OfferedPayload } from "../write/compression.js";
import type { TranscodeCompression } from "./options.js";

/** Types that writers never compress. */
const PLAIN: ReadonlySet<number> = new Set([BlockType.ProcessIdentity, BlockType.ImportProvenance, BlockType.ThreadContext]);

/** The storage of one block. Without `compression`, the writer decides. */
export interface StorageChoice {
  readonly compression?: CompressionChoice;
  readonly offered?: KeptFrame;
}

export class CompressionPolicy {
  readonly #keep: boolean;
  readonly #limit: number;
  /** The compression of blocks for which `choose` gives none. */
  readonly standard: CompressionChoice;

  /** `limit`: the most bytes of a payload that is held in memory to be compressed. */
  constructor(choice: TranscodeCompression, limit: number) {
    this.#keep = choice === "keep";
    this.#limit = limit;
    this.standard = choice === "keep" ? "none" : choice;
  }

  /** `stored`: the compression of the payload in the source. */
  choose(block: CaptureBlock, stored: Compression, signal: AbortSignal | undefined): StorageChoice {
    if (!this.#keep || PLAIN.has(block.type)) return {};
    if (stored === "none" || stored === "reserved") return { compression: "none" };
    const offers = block.compression !== "none" && !block.truncated && block.stored().size <= this.#limit;
    return { compression: stored, ...(offers && { offered: new KeptFrame(block, signal) }) };
  }
}

/** UncompressedSize, which precedes compressed data. */
const SIZE_BYTES = 8;
/** The size that precedes an LZ4 block. */
const LZ4_SIZE_BYTES = 4;

/**
 * The compressed payload of a block of the source. The writer takes its bytes as they are if they decompress to the payload that is written; it writes
 * the sizes before them and the padding behind them anew, since producers differ in both.
 */
export class KeptFrame implements OfferedPayload {
  readonly size: number;
  readonly #block: CaptureBlock;
  readonly #signal: AbortSignal | undefined;
  #taken = false;

  constructor(block: CaptureBlock, signal: AbortSignal | undefined) {
    this.#block = block;
    this.#signal = signal;
    this.size = block.stored().size;
  }

  /** Whether the writer took the bytes. */
  get taken(): boolean {
    return this.#taken;
  }

  take(): void {
    this.#taken = true;
  }

  /** The bytes from each place where the compressed data may begin: behind the sizes, or at the start of the stored payload. */
  async load(): Promise<readonly Uint8Array[]> {
    const bytes = ownBytes(await this.#block.stored().read(0, this.size, this.#signal));
    const leads = this.#block.compression === "lz4" ? [SIZE_BYTES + LZ4_SIZE_BYTES, SIZE_BYTES] : [SIZE_BYTES, 0];
    return leads.filter((lead) => lead < bytes.length).map((lead) => bytes.subarray(lead));
  }
}
