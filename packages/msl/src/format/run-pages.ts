/** Page states given as runs: as small for 2^50 pages as for one. */
import { MslError } from "../errors.js";
import { joinRuns, type PageMap, type PageRun, type PageState } from "./page-states.js";

/** `count` pages of one state. */
export type PageStretch = Pick<PageRun, "count" | "state">;

/** The page states of a region, from its first page on. Throws `bad-value` for a count that is none. */
export function pagesOf(stretches: Iterable<PageStretch>): PageMap {
  return new RunPages([...joinRuns(placed(stretches))]);
}

function* placed(stretches: Iterable<PageStretch>): Generator<PageRun> {
  let start = 0;
  for (const { count, state } of stretches) {
    if (!Number.isSafeInteger(start + count) || count < 0) {
      throw new MslError(
        "bad-value",
        `A run of ${count} pages from page ${start} on, expected a count of 0 to 2^53 pages in all`,
      );
    }
    if (count > 0) yield { start, count, state };
    start += count;
  }
}

class RunPages implements PageMap {
  readonly numPages: number;
  readonly #runs: readonly PageRun[];
  /** Captured pages before each run. */
  readonly #captured: readonly number[];

  /** `runs`: maximal ones, without gaps. */
  constructor(runs: readonly PageRun[]) {
    const last = runs.at(-1);
    let captured = 0;
    this.numPages = last ? last.start + last.count : 0;
    this.#runs = runs;
    this.#captured = runs.map(({ count, state }) => {
      const before = captured;
      if (state === "captured") captured += count;
      return before;
    });
  }

  tally(): Record<PageState, number> {
    const tally = { captured: 0, failed: 0, unmapped: 0, reserved: 0 };
    for (const { count, state } of this.#runs) tally[state] += count;
    return tally;
  }

  stateAt(page: number): PageState {
    const run = this.#runs[this.#runAt(page)];
    if (!run || !Number.isInteger(page) || page < 0) throw new RangeError(`Page ${page} is not one of ${this.numPages}`);
    return run.state;
  }

  capturedBefore(page: number): number {
    if (!Number.isInteger(page) || page < 0 || page > this.numPages) {
      throw new RangeError(`Page ${page} is not one of ${this.numPages}`);
    }
    const index = this.#runAt(page);
    const run = this.#runs[index];
    if (!run) return this.tally().captured;
    return (this.#captured[index] ?? 0) + (run.state === "captured" ? page - run.start : 0);
  }

  *runs(first = 0, end = this.numPages): Generator<PageRun> {
    for (let index = this.#runAt(first); index < this.#runs.length; index++) {
      const run = this.#runs[index];
      if (!run || run.start >= end) return;
      const start = Math.max(first, run.start);
      yield { start, count: Math.min(end, run.start + run.count) - start, state: run.state };
    }
  }

  /** The index of the run that holds the page; the number of runs behind the last page. */
  #runAt(page: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const run = this.#runs[middle];
      if (run && run.start + run.count <= page) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
