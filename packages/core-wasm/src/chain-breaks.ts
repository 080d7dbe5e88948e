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
/** assembly/chain-break.ts has the layout. */
export const BREAK_BYTES = 88;
const OFFSET = 8;
const PREVIOUS_OFFSET = 16;
const COMPUTED = 24;
const STORED = 56;
/** Breaks that JSON and console.log show. */
const LISTED = 1000;
/** What console.log of Node, Bun and Deno asks an object for. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");
/** Records added one by one share an array of this many. */
const RECORDS_PER_ARRAY = 512;

interface Stretch {
  /** Position of the first of them in the list. */
  readonly first: number;
  readonly records: DataView;
}

/** In file order. */
export class ChainBreaks implements Iterable<ChainBreak> {
  readonly #stretches: Stretch[] = [];
  /** An array that has room for more records. */
  #open: DataView | undefined;
  #count = 0;

  get length(): number {
    return this.#count;
  }

  /** Throws a `RangeError` for an index outside the list. */
  at(position: number): ChainBreak {
    if (!Number.isInteger(position) || position < 0 || position >= this.#count) {
      throw new RangeError(`There is no break ${position}; there are ${this.#count}`);
    }
    const { first, records } = this.#stretchOf(position);
    const at = (position - first) * BREAK_BYTES;
    const bytes = new Uint8Array(records.buffer, records.byteOffset + at, BREAK_BYTES);
    return {
      index: records.getFloat64(at, true),
      offset: records.getFloat64(at + OFFSET, true),
      previousOffset: records.getFloat64(at + PREVIOUS_OFFSET, true),
      computed: bytes.slice(COMPUTED, COMPUTED + HASH_BYTES),
      stored: bytes.slice(STORED, STORED + HASH_BYTES),
    };
  }

  add({ index, offset, previousOffset, computed, stored }: ChainBreak): void {
    const last = this.#stretches.at(-1);
    const used = last === undefined ? 0 : this.#count - last.first;
    const isOpen = last !== undefined && last.records === this.#open && used < RECORDS_PER_ARRAY;
    const records = isOpen ? last.records : new DataView(new ArrayBuffer(RECORDS_PER_ARRAY * BREAK_BYTES));
    if (!isOpen) this.#stretches.push({ first: this.#count, records });
    this.#open = records;
    const at = isOpen ? used * BREAK_BYTES : 0;
    records.setFloat64(at, index, true);
    records.setFloat64(at + OFFSET, offset, true);
    records.setFloat64(at + PREVIOUS_OFFSET, previousOffset, true);
    const bytes = new Uint8Array(records.buffer, at, BREAK_BYTES);
    bytes.set(computed, COMPUTED);
    bytes.set(stored, STORED);
    this.#count++;
  }

  /** Takes whole records as the kernels write them. They are kept, not copied. */
  append(records: Uint8Array): void {
    if (records.length === 0) return;
    this.#stretches.push({
      first: this.#count,
      records: new DataView(records.buffer, records.byteOffset, records.length),
    });
    this.#count += records.length / BREAK_BYTES;
  }

  *[Symbol.iterator](): Generator<ChainBreak> {
    for (let position = 0; position < this.#count; position++) yield this.at(position);
  }

  /** How many there are, and the first 1,000 of them, hashes in hexadecimal. */
  toJSON() {
    const first = [];
    for (let position = 0; position < Math.min(this.#count, LISTED); position++) {
      const { computed, stored, ...place } = this.at(position);
      first.push({ ...place, computed: hex(computed), stored: hex(stored) });
    }
    return { count: this.#count, first };
  }

  [INSPECT](depth: number, options: object, inspect?: (value: unknown, options: object) => string): string {
    if (depth < 0 || !inspect) return `ChainBreaks(${this.#count})`;
    return `ChainBreaks(${this.#count}) ${inspect(this.toJSON().first, options)}`;
  }

  /** The block indexes alone. */
  *indexes(): Generator<number> {
    for (const [i, { first, records }] of this.#stretches.entries()) {
      const end = this.#stretches[i + 1]?.first ?? this.#count;
      for (let position = first; position < end; position++) yield records.getFloat64((position - first) * BREAK_BYTES, true);
    }
  }

  /** The last one that does not begin after `position`. */
  #stretchOf(position: number): Stretch {
    let low = 0;
    let high = this.#stretches.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#stretches[middle]?.first ?? 0) <= position) low = middle;
      else high = middle;
    }
    const stretch = this.#stretches[low];
    if (stretch === undefined) throw new RangeError(`There is no break ${position}`);
    return stretch;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
