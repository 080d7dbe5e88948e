/** Search for many patterns at once. */
import { type ManyTables, makeTables } from "./many-tables.js";
import type { PackedPatterns } from "./packed-patterns.js";
import { SearchNumber, STEPS_PER_CALL, seekShape } from "./pattern-entries.js";
import { ResumedKernel } from "./resumed-kernel.js";
import type { ScanCore, ScanWindow } from "./scan-core.js";

/**
 * Numbers of patterns from which one search for all is faster than one search for each. Measured over memory like that of a process with texts, random bytes and
 * bytes of that memory, the geometric mean of the time of single searches over that of one for all: 0.86 with 5 patterns of 6 or 8 bytes, 0.97 with 6, 1.30 with
 * 8 (of 12 or 16 bytes 0.80 with 4, 1.20 with 5); 0.88 with 10 patterns of 2 to 5 bytes, 1.07 with 12; 0.85 with 12 patterns of 1 byte, 0.90 with 16.
 */
const MANY = 6;
const MANY_SHORT = 12;
/** Patterns with fewer bytes are short. */
const LONG_BYTES = 6;

/** Holds areas of the core's memory until `release()`. */
export class ManyPatterns {
  readonly #core: ScanCore;
  readonly #kernel: ResumedKernel;
  readonly #tables: ManyTables;
  readonly #number = new SearchNumber();

  private constructor(core: ScanCore, tables: ManyTables, kernel: ResumedKernel) {
    this.#core = core;
    this.#tables = tables;
    this.#kernel = kernel;
  }

  /** Whether one search for all patterns of these lengths is faster than a `PatternSearch` for each. */
  static isFasterFor(lengths: ArrayLike<number>): boolean {
    if (lengths.length < MANY) return false;
    if (lengths.length >= MANY_SHORT) return true;
    return Array.from(lengths).every((length) => length >= LONG_BYTES);
  }

  /**
   * Makes the tables of the patterns. Yields the units of work since the last yield, of about a microsecond. Throws a `TypeError` without patterns; a
   * `RangeError` when linear memory has no room.
   */
  static *of(core: ScanCore, patterns: PackedPatterns): Generator<number, ManyPatterns, void> {
    const tables = yield* makeTables(core, patterns);
    return new ManyPatterns(core, tables, new ResumedKernel(core, seekShape(2)));
  }

  /**
   * Matches in `length` bytes of the window from `start` on, in batches of pairs: offset counted from `start`, index of the pattern. Not in the
   * order of their offsets. Some batches are empty: after each one the caller may pause. A batch is valid until the next one is asked for, which may be
   * with a smaller length.
   */
  *matches(window: ScanWindow, length: number, start = 0): Generator<Uint32Array, void, number | undefined> {
    const { findKeyed, findAnchored } = this.#core.kernels;
    const { keyed, anchored } = this.#tables;
    const from = window.address + start;
    const search = this.#number.next();
    let last = length;
    if (keyed !== undefined) {
      last = yield* this.#kernel.batches([0, 0, search], last, (cursor, output, capacity, end) =>
        findKeyed(from, end, keyed, cursor, output, capacity, STEPS_PER_CALL),
      );
    }
    if (anchored !== undefined) {
      yield* this.#kernel.batches([0, 0, search], last, (cursor, output, capacity, end) =>
        findAnchored(from, end, anchored, cursor, output, capacity, STEPS_PER_CALL),
      );
    }
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    this.#kernel.release();
    this.#tables.release();
  }
}
