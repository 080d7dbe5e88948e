import { concatenated } from "./concatenated.js";
import { readExactly, requireRange, type Source } from "./source.js";

/** Several sources one behind the other. */
export class ConcatenatedSource implements Source {
  readonly size: number;
  readonly #parts: readonly Source[];

  constructor(parts: readonly Source[]) {
    this.#parts = parts;
    this.size = parts.reduce((sum, { size }) => sum + size, 0);
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    requireRange(offset, length, this.size);
    const pieces: Uint8Array[] = [];
    let start = 0;
    for (const part of this.#parts) {
      const from = Math.max(0, offset - start);
      const to = Math.min(part.size, offset + length - start);
      if (from < to) pieces.push(await readExactly(part, from, to - from, signal));
      start += part.size;
    }
    return concatenated(pieces);
  }
}
