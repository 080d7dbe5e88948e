/** The ranges of memory that a minidump states, as columns: a dump may have millions. */
import { ADDRESS_SPACE_END, counted, MslError } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import type { ExactPages } from "../dump/exact-pages.js";

const FIRST_ROWS = 256;

/** The offset of a range whose bytes a file that was cut off does not have. */
export const NOT_IN_FILE = -1;

/** Ranges as columns: a dump may have millions. Row `row` has `lengths[row]` bytes from `starts[row]` on, which lie at `offsets[row]` of the file, or `NOT_IN_FILE`. */
export interface RangeColumns {
  readonly count: number;
  readonly starts: BigUint64Array;
  readonly lengths: BigUint64Array;
  readonly offsets: Float64Array;
}

export function columns(room: number) {
  return { starts: new BigUint64Array(room), lengths: new BigUint64Array(room), offsets: new Float64Array(room) };
}

/** Rows in the order in which the dump has them. */
export class GatheredRanges {
  readonly #fileSize: number;
  readonly #limit: number;
  readonly #pages: ExactPages;
  count = 0;
  starts = new BigUint64Array(FIRST_ROWS);
  /** Bytes as the dump states them. */
  lengths = new BigUint64Array(FIRST_ROWS);
  offsets = new Float64Array(FIRST_ROWS);
  #cut = 0;
  #passing = 0;

  constructor(fileSize: number, limit: number, pages: ExactPages) {
    this.#pages = pages;
    this.#fileSize = fileSize;
    this.#limit = limit;
  }

  /** Makes room for `count` more rows at once, as far as there may be so many. */
  reserve(count: number): void {
    const wanted = Math.min(this.count + count, this.#limit);
    if (wanted > this.starts.length) this.#grow(wanted);
  }

  add(start: bigint, stated: bigint, offset: bigint): void {
    if (stated === 0n) return;
    const room = ADDRESS_SPACE_END - start;
    if (stated > room) this.#passing++;
    const size = stated < room ? stated : room;
    this.#pages.add(start | size);
    const left = BigInt(this.#fileSize) - offset;
    if (left < size) this.#cut++;
    if (this.count === this.#limit)
      throw new MslError("limit", `The dump has more than ${this.#limit} ranges of memory; raise the option regionLimit`);
    if (this.count === this.starts.length) this.#grow(2 * this.count);
    this.starts[this.count] = start;
    this.lengths[this.count] = size;
    this.offsets[this.count] = Number(offset);
    this.count++;
  }

  /** The bytes of a row that the file has. */
  heldOf(row: number): bigint {
    const [length, left] = [this.lengths[row] ?? 0n, this.#fileSize - (this.offsets[row] ?? 0)];
    return left <= 0 ? 0n : BigInt(left) < length ? BigInt(left) : length;
  }

  /** Whether the file lacks bytes of a row. */
  get isCut(): boolean {
    return this.#cut > 0;
  }

  /** `missing`: bytes that the file does not have of any range. */
  tell(notes: DumpNotes, missing: bigint): void {
    const where = `past the end of the file, which ends at ${this.#fileSize}`;
    if (this.#cut > 0)
      notes.damage(`${counted(this.#cut, "ranges")} of memory ${where}: ${missing} bytes are missing, and their pages failed`);
    if (this.#passing > 0)
      notes.damage(
        `${counted(this.#passing, "ranges")} of memory past the end of the address space: what is behind it was left out`,
      );
  }

  #grow(room: number): void {
    const { starts, lengths, offsets } = this;
    Object.assign(this, columns(room));
    this.starts.set(starts);
    this.lengths.set(lengths);
    this.offsets.set(offsets);
  }
}
