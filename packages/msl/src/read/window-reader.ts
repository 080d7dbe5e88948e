/** Reads windows of a source into one array where the source can do so: memory that is new costs more than reading into it. */
import type { Source } from "../source/source.js";

export class WindowReader {
  readonly #source: Source;
  #array = new Uint8Array(0);

  constructor(source: Source) {
    this.#source = source;
  }

  /** The bytes from `start` on, `length` or as many as there are. The next call may overwrite them. */
  async read(start: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const available = Math.min(length, this.#source.size - start);
    if (!this.#source.readInto) return this.#source.read(start, available, signal);
    if (this.#array.length < available) this.#array = new Uint8Array(available);
    const window = this.#array.subarray(0, available);
    await this.#source.readInto(start, window, signal);
    return window;
  }
}
