/** A source of bytes in memory that counts how many of them were read. */
import type { Source } from "../../src/index.js";

export class CountingSource implements Source {
  readonly size: number;
  /** Bytes of all reads so far. */
  bytesRead = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  /** Copies, in a later turn of the event loop. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    this.bytesRead += length;
    await new Promise(setImmediate);
    return this.#bytes.slice(offset, offset + length);
  }
}
