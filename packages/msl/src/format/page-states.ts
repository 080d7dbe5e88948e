/** The acquisition states of the pages of a region, as a map of 2 bits per page or as runs; no object is made per page. */
import { PageRank, pageRunBatches, PageState as STATE_BITS, tallyPageStates } from "@memslice/core-wasm";
import { MslError } from "../errors.js";
import { LISTED, Shown } from "../json/shown.js";

/** `reserved` is the unassigned state 11: no bytes are stored for it, and it counts as failed. */
export type PageState = "captured" | "failed" | "unmapped" | "reserved";

/** The two bits of each state in a page-state map. */
export const STATE_CODES: Readonly<Record<PageState, number>> = STATE_BITS;

/** The states in the order of their codes. */
const STATES = (Object.keys(STATE_CODES) as PageState[]).sort((a, b) => STATE_CODES[a] - STATE_CODES[b]);

/** How many pages are in each state. */
export interface PageTally {
  readonly captured: number;
  readonly failed: number;
  readonly unmapped: number;
  readonly reserved: number;
}

/** A maximal row of pages of one state: pages `start` to `start + count - 1`, counted from 0. */
export interface PageRun {
  readonly start: number;
  readonly count: number;
  readonly state: PageState;
}

/** The states of the pages of a region, however they are stored. */
export interface PageMap {
  readonly numPages: number;
  /** Pages of each state; the four numbers add up to `numPages`. */
  tally(): PageTally;
  /** `page`: 0 to `numPages - 1`; others throw a `RangeError`. */
  stateAt(page: number): PageState;
  /** How many captured pages stand before `page`: 0 to `numPages`; others throw a `RangeError`. */
  capturedBefore(page: number): number;
  /** Maximal runs of the pages `[first, end)`, in page order. Default: all pages. */
  runs(first?: number, end?: number): Iterable<PageRun>;
}

/** The number of the captured page with `rank` captured pages before it; undefined if fewer were captured. */
export function capturedPage(pages: PageMap, rank: number): number | undefined {
  let low = 0;
  let high = pages.numPages;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (pages.capturedBefore(middle + 1) > rank) high = middle;
    else low = middle + 1;
  }
  return low < pages.numPages ? low : undefined;
}

/** Page states as JSON: how many of each, and the first runs as `[first page, pages, state]`; `moreRuns` where there are others. */
export function pageMapJson(pages: PageMap) {
  const runs: [start: number, count: number, state: PageState][] = [];
  let moreRuns = false;
  for (const { start, count, state } of pages.runs()) {
    moreRuns = runs.length === LISTED;
    if (moreRuns) break;
    runs.push([start, count, state]);
  }
  return { numPages: pages.numPages, ...pages.tally(), runs, ...(moreRuns ? { moreRuns } : {}) };
}

/** Up to this many pages are counted, and their runs found, one by one: an index would be larger than the map, and a call of a kernel takes longer. */
const COUNTED_PAGES = 256;

export class PageStates extends Shown implements PageMap {
  readonly numPages: number;
  /** 2 bits per page, most significant first. May be shorter than the region needs if the capture was cut off inside it. */
  readonly map: Uint8Array;
  /** Number of pages that the map has bits for; later pages count as failed. */
  readonly #known: number;
  #tally: PageTally | undefined;
  #rank: PageRank | undefined;

  constructor(map: Uint8Array, numPages: number) {
    super();
    this.map = map;
    this.numPages = numPages;
    this.#known = Math.min(numPages, map.length * 4);
  }

  tally(): PageTally {
    if (!this.#tally) {
      const tally = tallyPageStates(this.map, this.#known);
      this.#tally = { ...tally, failed: tally.failed + this.numPages - this.#known };
    }
    return this.#tally;
  }

  stateAt(page: number): PageState {
    this.#requirePage(page);
    return stateName(this.#codeAt(page));
  }

  capturedBefore(page: number): number {
    if (page < 0 || page > this.numPages) this.#requirePage(page);
    const end = Math.min(page, this.#known);
    if (this.#known <= COUNTED_PAGES) return this.#countCaptured(end);
    this.#rank ??= this.#newRank();
    return this.#rank.capturedBefore(end);
  }

  /** Maximal runs of the pages `[first, end)`, in page order. */
  *runs(first = 0, end = this.numPages): Generator<PageRun> {
    if (end - first > COUNTED_PAGES) {
      yield* joinRuns(this.#pieces(first, end));
      return;
    }
    for (let start = first; start < end; ) {
      const code = this.#codeAt(start);
      let stop = start + 1;
      while (stop < end && this.#codeAt(stop) === code) stop++;
      yield { start, count: stop - start, state: stateName(code) };
      start = stop;
    }
  }

  /** The runs of the pages that the map has bits for, then one run of the later pages. */
  *#pieces(first: number, end: number): Generator<PageRun> {
    // A byte of the map holds four pages: begin at the byte and leave out what lies before `first`.
    const aligned = first - (first % 4);
    const known = Math.max(aligned, Math.min(end, this.#known));
    for (const batch of pageRunBatches(this.map.subarray(aligned / 4), known - aligned, { reservedAs: "reserved" })) {
      for (let i = 0; i < batch.count; i++) {
        const start = Math.max(first, aligned + (batch.starts[i] ?? 0));
        const stop = aligned + (batch.starts[i + 1] ?? batch.endPage);
        if (stop > start) yield { start, count: stop - start, state: stateName(batch.states[i] ?? STATE_CODES.failed) };
      }
    }
    const unknown = Math.max(first, known);
    if (end > unknown) yield { start: unknown, count: end - unknown, state: "failed" };
  }

  toJSON() {
    return pageMapJson(this);
  }

  #countCaptured(end: number): number {
    let captured = 0;
    for (let page = 0; page < end; page++) if (this.#code(page) === STATE_CODES.captured) captured++;
    return captured;
  }

  #newRank(): PageRank {
    try {
      return new PageRank(this.map, this.#known);
    } catch (cause) {
      throw new MslError("limit", `The page-state map of ${this.numPages} pages is too large to be indexed`, { cause });
    }
  }

  #codeAt(page: number): number {
    return page < this.#known ? this.#code(page) : STATE_CODES.failed;
  }

  #code(page: number): number {
    return ((this.map[page >> 2] ?? 0) >> (6 - 2 * (page & 3))) & 3;
  }

  #requirePage(page: number): void {
    if (!Number.isInteger(page) || page < 0 || page >= this.numPages)
      throw new RangeError(`Page ${page} is not one of ${this.numPages}`);
  }
}

/** Joins neighbouring runs of one state. */
export function* joinRuns(runs: Iterable<PageRun>): Generator<PageRun> {
  let run: PageRun | undefined;
  for (const next of runs) {
    if (run && run.state === next.state && run.start + run.count === next.start) {
      run = { start: run.start, count: run.count + next.count, state: run.state };
    } else {
      if (run) yield run;
      run = next;
    }
  }
  if (run) yield run;
}

function stateName(code: number): PageState {
  return STATES[code] ?? "reserved";
}

/** `count` pages of one state. */
export type PageStretch = Pick<PageRun, "count" | "state">;

/**
 * The page states of a region, from its first page on: as small for 2^50 pages as for one. Throws `bad-value` for a count that is no integer of 0 or
 * more, or a sum above 2^53 - 1.
 */
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
