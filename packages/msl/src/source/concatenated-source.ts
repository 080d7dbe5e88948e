import { concatenated } from "./concatenated.js";
import { readExactly, requireRange, type Source } from "./source.js";

/** Several sources one behind the other. */
export class ConcatenatedSource implements Source {
  readonly size: number;
  readonly #parts: readonly Source[];
  /** Where each part begins. */
  readonly #starts: number[] = [];

  constructor(parts: readonly Source[]) {
    this.#parts = parts;
    let size = 0;
    for (const part of parts) {
      this.#starts.push(size);
      size += part.size;
    }
    this.size = size;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    requireRange(offset, length, this.size);
    const end = offset + length;
    const pieces: Uint8Array[] = [];
    for (let i = this.#partAt(offset); i < this.#parts.length; i++) {
      const part = this.#parts[i];
      const start = this.#starts[i] ?? this.size;
      if (!part || start >= end) break;
      const from = Math.max(0, offset - start);
      const to = Math.min(part.size, end - start);
      if (from < to) pieces.push(await readExactly(part, from, to - from, signal));
    }
    return concatenated(pieces);
  }

  /** The last part that does not begin after the offset; there may be very many. */
  #partAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}
