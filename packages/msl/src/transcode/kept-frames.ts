/**
 * Compressed payloads that go over as they are, where the source's data holds the very payload. Sizes before it and zeros behind it, in which
 * producers differ, are the writer's business.
 */
import { ownBytes } from "../bytes.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { OfferedPayload } from "../write/compression.js";

const SIZE_BYTES = 8;
const LZ4_SIZE_BYTES = 4;

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

  /** Whether it went over. */
  get taken(): boolean {
    return this.#taken;
  }

  take(): void {
    this.#taken = true;
  }

  /** Where the codec's data may begin in the stored payload: behind sizes, or at once. */
  async load(): Promise<readonly Uint8Array[]> {
    const bytes = ownBytes(await this.#block.stored().read(0, this.size, this.#signal));
    const leads = this.#block.compression === "lz4" ? [SIZE_BYTES + LZ4_SIZE_BYTES, SIZE_BYTES] : [SIZE_BYTES, 0];
    return leads.filter((lead) => lead < bytes.length).map((lead) => bytes.subarray(lead));
  }
}
