/** The broken links of a chain. A hostile capture may break every link, so they are kept as records, not as objects. */

export interface ChainBreak {
  /** The block whose PrevHash is not the hash of the element before it. */
  readonly index: number;
  /** Of that block, from the start of the file. */
  readonly offset: number;
  /** Start of the element before it: the block, or 0 for the header. */
  readonly previousOffset: number;
  /** The hash of the element before. */
  readonly computed: Uint8Array;
  /** PrevHash as stored. */
  readonly stored: Uint8Array;
}

const HASH_BYTES = 32;
/** Three f64, then the two hashes. */
const RECORD_BYTES = 3 * 8 + 2 * HASH_BYTES;

/** In file order. */
export class ChainBreaks implements Iterable<ChainBreak> {
  #records = new DataView(new ArrayBuffer(0));
  #count = 0;

  get length(): number {
    return this.#count;
  }

  /** Throws a `RangeError` for an index outside the list. */
  at(position: number): ChainBreak {
    if (!Number.isInteger(position) || position < 0 || position >= this.#count) {
      throw new RangeError(`There is no break ${position}; there are ${this.#count}`);
    }
    const at = position * RECORD_BYTES;
    const hashes = new Uint8Array(this.#records.buffer, at + 24, 2 * HASH_BYTES);
    return {
      index: this.#records.getFloat64(at),
      offset: this.#records.getFloat64(at + 8),
      previousOffset: this.#records.getFloat64(at + 16),
      computed: hashes.slice(0, HASH_BYTES),
      stored: hashes.slice(HASH_BYTES),
    };
  }

  add({ index, offset, previousOffset, computed, stored }: ChainBreak): void {
    const at = this.#count * RECORD_BYTES;
    this.#reserve(at + RECORD_BYTES);
    this.#records.setFloat64(at, index);
    this.#records.setFloat64(at + 8, offset);
    this.#records.setFloat64(at + 16, previousOffset);
    const hashes = new Uint8Array(this.#records.buffer, at + 24, 2 * HASH_BYTES);
    hashes.set(computed);
    hashes.set(stored, HASH_BYTES);
    this.#count++;
  }

  *[Symbol.iterator](): Generator<ChainBreak> {
    for (let position = 0; position < this.#count; position++) yield this.at(position);
  }

  /** The block indexes alone. */
  *indexes(): Generator<number> {
    for (let position = 0; position < this.#count; position++) yield this.#records.getFloat64(position * RECORD_BYTES);
  }

  #reserve(size: number): void {
    if (size <= this.#records.byteLength) return;
    const grown = new Uint8Array(Math.max(size, 2 * this.#records.byteLength));
    grown.set(new Uint8Array(this.#records.buffer));
    this.#records = new DataView(grown.buffer);
  }
}
