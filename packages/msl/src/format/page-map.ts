/** The acquisition states of the pages of a region as runs: one by one, or side by side in typed arrays. */
import { PageState as STATE_BITS } from "@memslice/core-wasm";
import { LISTED, Shown } from "../json/shown.js";

/** `reserved` is the unassigned state 11: no bytes are stored for it, and it counts as failed. */
export type PageState = "captured" | "failed" | "unmapped" | "reserved";

/** The code of each state, its two bits in a page-state map: captured 0, failed 1, unmapped 2, reserved 3. */
export const PAGE_STATE_CODES: Readonly<Record<PageState, number>> = STATE_BITS;

/** The states in the order of their codes. */
const STATES = (Object.keys(PAGE_STATE_CODES) as PageState[]).sort((a, b) => PAGE_STATE_CODES[a] - PAGE_STATE_CODES[b]);

export function pageStateOf(code: number): PageState {
  return STATES[code] ?? "reserved";
}

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

/** Maximal runs in page order, side by side: run i has the pages `starts[i]` to `starts[i + 1] - 1`, counted from 0. */
export interface PageRunBatch {
  /** Number of runs, at least 1. */
  readonly count: number;
  /** The first page of each run, and after them the page behind the last run: `count + 1` numbers. A page number may pass 2^32. */
  readonly starts: Float64Array;
  /** The state of each run, as its code in `PAGE_STATE_CODES`. */
  readonly states: Uint8Array;
}

/** The states of the pages of a region, however they are stored. Pages are counted from 0. */
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
  /**
   * The same runs in batches of typed arrays, for maps with millions of runs: no object is made for a run. Each run is whole in one batch. Batches
   * are made as they are asked for, of at most about 13,000 runs; their arrays are new, and belong to the caller.
   */
  runBatches(first?: number, end?: number): Iterable<PageRunBatch>;
  /**
   * The state of each of the pages `[first, end)` as one byte, its code in `PAGE_STATE_CODES`. Default: all pages. The bytes are written to the start
   * of `target`, otherwise to a new array, and returned. A region may claim far more pages than memory has bytes: look at `numPages`, or ask
   * for a part. Throws a `RangeError` for other pages than those of the map, and for a `target` that is too short.
   */
  states(first?: number, end?: number, target?: Uint8Array): Uint8Array;
}

/** Page states that are found run by run. */
export abstract class PagesInRuns extends Shown implements PageMap {
  abstract readonly numPages: number;
  abstract tally(): PageTally;
  abstract stateAt(page: number): PageState;
  abstract capturedBefore(page: number): number;
  abstract runs(first?: number, end?: number): Generator<PageRun>;

  *runBatches(first = 0, end = this.numPages): Generator<PageRunBatch> {
    const joiner = new RunJoiner();
    for (const { start, state } of this.runs(first, end)) {
      const batch = joiner.add(start, PAGE_STATE_CODES[state]);
      if (batch) yield batch;
    }
    yield* joiner.rest(end);
  }

  states(first = 0, end = this.numPages, target?: Uint8Array): Uint8Array {
    const states = arrayOfStates(this, first, end, target);
    for (const { start, count, state } of this.runs(first, end)) {
      states.fill(PAGE_STATE_CODES[state], start - first, start - first + count);
    }
    return states;
  }

  toJSON() {
    return pageMapJson(this);
  }
}

/** The array for the states of the pages `[first, end)`. Throws a `RangeError`. */
export function arrayOfStates({ numPages }: PageMap, first: number, end: number, target: Uint8Array | undefined): Uint8Array {
  if (!Number.isInteger(first) || !Number.isInteger(end) || first < 0 || first > end || end > numPages) {
    throw new RangeError(`Pages ${first} to ${end}, exclusive, are not all among ${numPages}`);
  }
  const count = end - first;
  if (!target) return new Uint8Array(count);
  if (target.length < count)
    throw new RangeError(`An array of ${target.length} bytes has no room for the states of ${count} pages`);
  return target.subarray(0, count);
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

/** The runs of batches, one by one. */
export function* runsOf(batches: Iterable<PageRunBatch>): Generator<PageRun> {
  for (const { count, starts, states } of batches) {
    let start = starts[0] ?? 0;
    for (let i = 0; i < count; i++) {
      const end = starts[i + 1] ?? start;
      yield { start, count: end - start, state: pageStateOf(states[i] ?? PAGE_STATE_CODES.reserved) };
      start = end;
    }
  }
}

const RUNS_PER_BATCH = 8192;
const FIRST_CAPACITY = 16;

/** Makes batches of runs that follow each other without gaps. Neighbouring runs of one state become one run. */
export class RunJoiner {
  #count = 0;
  #starts = new Float64Array(FIRST_CAPACITY);
  #states = new Uint8Array(FIRST_CAPACITY);

  /** Adds a run that begins at page `start`, where the run before it ends. Returns the runs before it if they fill a batch. */
  add(start: number, state: number): PageRunBatch | undefined {
    if (this.#count > 0 && this.#states[this.#count - 1] === state) return undefined;
    const batch = this.#count === RUNS_PER_BATCH ? this.#take(start) : undefined;
    if (this.#count === this.#states.length) this.#grow();
    this.#starts[this.#count] = start;
    this.#states[this.#count] = state;
    this.#count++;
    return batch;
  }

  /** The runs that are left, the last of which ends before page `end`. */
  *rest(end: number): Generator<PageRunBatch> {
    if (this.#count > 0) yield this.#take(end);
  }

  #take(end: number): PageRunBatch {
    const count = this.#count;
    const starts = new Float64Array(count + 1);
    starts.set(this.#starts.subarray(0, count));
    starts[count] = end;
    this.#count = 0;
    return { count, starts, states: this.#states.slice(0, count) };
  }

  #grow(): void {
    const starts = new Float64Array(2 * this.#starts.length);
    const states = new Uint8Array(2 * this.#states.length);
    starts.set(this.#starts);
    states.set(this.#states);
    this.#starts = starts;
    this.#states = states;
  }
}
