/** Search for many patterns at once: faster than one search for each from about eight patterns on. */
import { type ManyTables, makeTables } from "./many-tables.js";
import type { PackedPatterns } from "./packed-patterns.js";
import { SearchNumber, STEPS_PER_CALL, seekShape } from "./pattern-entries.js";
import { ResumedKernel } from "./resumed-kernel.js";
import type { ScanCore, ScanWindow } from "./scan-core.js";

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
