/** The broken links of a chain. A hostile capture may break every link; therefore they are kept as records, not as objects. */
import {
  BREAK_BYTES,
  BREAK_COMPUTED,
  BREAK_INDEX,
  BREAK_OFFSET,
  BREAK_PREVIOUS_OFFSET,
  BREAK_STORED,
  HASH_BYTES,
} from "./layout.js";

/** A link of the hash chain that does not hold. */
export interface ChainBreak {
  /** Index of the block whose PrevHash is not the hash of the element before it. */
  readonly index: number;
  /** File offset of that block. */
  readonly offset: number;
  /** File offset of the element before it: a block, or 0 for the file header. */
  readonly previousOffset: number;
  /** The hash of the element before it, 32 bytes. */
  readonly computed: Uint8Array;
  /** PrevHash as stored, 32 bytes. */
  readonly stored: Uint8Array;
}

/** The number of breaks that JSON and console.log show. */
const LISTED = 1000;
/** The method that console.log of Node, Bun and Deno calls to show an object. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");
/** Records that are added one by one share arrays of this many records. */
const RECORDS_PER_ARRAY = 512;

/** Consecutive records of the list in one array. */
interface Stretch {
  /** Position of the first record in the list. */
  readonly first: number;
  readonly records: DataView;
}

/** A list of broken links in file order. */
export class ChainBreaks implements Iterable<ChainBreak> {
  readonly #stretches: Stretch[] = [];
  /** The last array, if it may have room for another record. */
  #open: DataView | undefined;
  #count = 0;

  /** Breaks in the list. */
  get length(): number {
    return this.#count;
  }

  /** The break at `position`. Throws a `RangeError` for a position outside the list. */
  at(position: number): ChainBreak {
    if (!Number.isInteger(position) || position < 0 || position >= this.#count) {
      throw new RangeError(`There is no break ${position}; there are ${this.#count}`);
    }
    const { first, records } = this.#stretchOf(position);
    const at = (position - first) * BREAK_BYTES;
    const bytes = new Uint8Array(records.buffer, records.byteOffset + at, BREAK_BYTES);
    return {
      index: records.getFloat64(at + BREAK_INDEX, true),
      offset: records.getFloat64(at + BREAK_OFFSET, true),
      previousOffset: records.getFloat64(at + BREAK_PREVIOUS_OFFSET, true),
      computed: bytes.slice(BREAK_COMPUTED, BREAK_COMPUTED + HASH_BYTES),
      stored: bytes.slice(BREAK_STORED, BREAK_STORED + HASH_BYTES),
    };
  }

  /** Appends one break. */
  add({ index, offset, previousOffset, computed, stored }: ChainBreak): void {
    const last = this.#stretches.at(-1);
    const used = last === undefined ? 0 : this.#count - last.first;
    const isOpen = last !== undefined && last.records === this.#open && used < RECORDS_PER_ARRAY;
    const records = isOpen ? last.records : new DataView(new ArrayBuffer(RECORDS_PER_ARRAY * BREAK_BYTES));
    if (!isOpen) this.#stretches.push({ first: this.#count, records });
    this.#open = records;
    const at = isOpen ? used * BREAK_BYTES : 0;
    records.setFloat64(at + BREAK_INDEX, index, true);
    records.setFloat64(at + BREAK_OFFSET, offset, true);
    records.setFloat64(at + BREAK_PREVIOUS_OFFSET, previousOffset, true);
    const bytes = new Uint8Array(records.buffer, at, BREAK_BYTES);
    bytes.set(computed, BREAK_COMPUTED);
    bytes.set(stored, BREAK_STORED);
    this.#count++;
  }

  /** Appends whole records as the kernels write them. The array is kept, not copied. */
  append(records: Uint8Array): void {
    if (records.length === 0) return;
    this.#stretches.push({
      first: this.#count,
      records: new DataView(records.buffer, records.byteOffset, records.length),
    });
    this.#count += records.length / BREAK_BYTES;
  }

  /** The breaks in file order. */
  *[Symbol.iterator](): Generator<ChainBreak> {
    for (let position = 0; position < this.#count; position++) yield this.at(position);
  }

  /** The number of breaks, and the first 1,000 of them with hashes in hexadecimal. */
  toJSON() {
    const first = [];
    for (let position = 0; position < Math.min(this.#count, LISTED); position++) {
      const { computed, stored, ...place } = this.at(position);
      first.push({ ...place, computed: hex(computed), stored: hex(stored) });
    }
    return { count: this.#count, first };
  }

  /** Called by `console.log` of Node, Bun and Deno. */
  [INSPECT](depth: number, options: object, inspect?: (value: unknown, options: object) => string): string {
    if (depth < 0 || !inspect) return `ChainBreaks(${this.#count})`;
    return `ChainBreaks(${this.#count}) ${inspect(this.toJSON().first, options)}`;
  }

  /** The block indexes of all breaks. */
  *indexes(): Generator<number> {
    for (const [i, { first, records }] of this.#stretches.entries()) {
      const end = this.#stretches[i + 1]?.first ?? this.#count;
      for (let position = first; position < end; position++)
        yield records.getFloat64((position - first) * BREAK_BYTES + BREAK_INDEX, true);
    }
  }

  /** The records among which `position` lies. */
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
