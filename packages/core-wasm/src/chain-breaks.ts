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
/** Records of the first array. */
const FEWEST_RECORDS = 64;
/** Records of the longest arrays, of 4 MiB. Allocators give memory of short arrays back to the system only if all memory around it is free. */
const MOST_RECORDS = Math.floor(2 ** 22 / BREAK_BYTES);

/** Consecutive records of the list in one array. */
interface Stretch {
  /** Position of the first record in the list. */
  readonly first: number;
  /** Of the whole array. */
  readonly records: DataView;
}

/** A list of broken links in file order. */
export class ChainBreaks implements Iterable<ChainBreak> {
  readonly #stretches: Stretch[] = [];
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
    const bytes = new Uint8Array(records.buffer, at, BREAK_BYTES);
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
    const bytes = new Uint8Array(BREAK_BYTES);
    const record = new DataView(bytes.buffer);
    record.setFloat64(BREAK_INDEX, index, true);
    record.setFloat64(BREAK_OFFSET, offset, true);
    record.setFloat64(BREAK_PREVIOUS_OFFSET, previousOffset, true);
    bytes.set(computed, BREAK_COMPUTED);
    bytes.set(stored, BREAK_STORED);
    this.append(bytes);
  }

  /** Appends whole records as the kernels write them: copies of them. */
  append(records: Uint8Array): void {
    for (let at = 0; at < records.length; ) {
      const { first, records: target } = this.#open();
      const used = (this.#count - first) * BREAK_BYTES;
      const copied = records.subarray(at, at + target.byteLength - used);
      new Uint8Array(target.buffer).set(copied, used);
      this.#count += copied.length / BREAK_BYTES;
      at += copied.length;
    }
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
    for (const { first, records } of this.#stretches) {
      const end = Math.min(records.byteLength, (this.#count - first) * BREAK_BYTES);
      for (let at = 0; at < end; at += BREAK_BYTES) yield records.getFloat64(at + BREAK_INDEX, true);
    }
  }

  /** The last array, which has room for another record. Each array is as long as all arrays before it, up to a limit. */
  #open(): Stretch {
    const last = this.#stretches.at(-1);
    if (last && (this.#count - last.first) * BREAK_BYTES < last.records.byteLength) return last;
    const room = Math.min(Math.max(this.#count, FEWEST_RECORDS), MOST_RECORDS);
    const opened = { first: this.#count, records: new DataView(new ArrayBuffer(room * BREAK_BYTES)) };
    this.#stretches.push(opened);
    return opened;
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
