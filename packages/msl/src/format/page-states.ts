/** Page states as they are stored, a map of 2 bits per page; and as stretches, from which a writer makes a map. No object is made for a page. */
import { PageRank, type PageRuns, pageRunBatches, tallyPageStates } from "@memslice/core-wasm";
import { MslError } from "../errors.js";
import { Shown } from "../json/shown.js";
import {
  arrayOfStates,
  joinRuns,
  PAGE_STATE_CODES,
  type PageMap,
  type PageRun,
  type PageRunBatch,
  type PageState,
  PagesInRuns,
  type PageTally,
  pageMapJson,
  pageStateOf,
  runsOf,
} from "./page-map.js";

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
    this.#tally ??= this.#count();
    return this.#tally;
  }

  stateAt(page: number): PageState {
    this.#requirePage(page);
    return pageStateOf(this.#codeAt(page));
  }

  capturedBefore(page: number): number {
    if (page < 0 || page > this.numPages) this.#requirePage(page);
    const end = Math.min(page, this.#known);
    if (this.#known <= COUNTED_PAGES) return this.#countCaptured(end);
    this.#rank ??= this.#newRank();
    return this.#rank.capturedBefore(end);
  }

  *runs(first = 0, end = this.numPages): Generator<PageRun> {
    if (end - first > COUNTED_PAGES) {
      yield* runsOf(this.runBatches(first, end));
      return;
    }
    for (let start = first; start < end; ) {
      const code = this.#codeAt(start);
      let stop = start + 1;
      while (stop < end && this.#codeAt(stop) === code) stop++;
      yield { start, count: stop - start, state: pageStateOf(code) };
      start = stop;
    }
  }

  *runBatches(first = 0, end = this.numPages): Generator<PageRunBatch> {
    // A byte of the map holds four pages: begin at the byte and leave out the pages before `first`.
    const aligned = first - (first % 4);
    const known = Math.max(aligned, Math.min(end, this.#known));
    let isFailed = false;
    for (const runs of pageRunBatches(this.map.subarray(aligned / 4), known - aligned, { reservedAs: "reserved" })) {
      const isLast = aligned + runs.endPage === known;
      isFailed = isLast && runs.states[runs.count - 1] === PAGE_STATE_CODES.failed;
      const batch = batchFrom(runs, aligned, first, isFailed ? end : aligned + runs.endPage);
      if (batch.count > 0) yield batch;
    }
    const unknown = Math.max(first, known);
    if (end > unknown && !isFailed) {
      yield { count: 1, starts: Float64Array.of(unknown, end), states: Uint8Array.of(PAGE_STATE_CODES.failed) };
    }
  }

  states(first = 0, end = this.numPages, target?: Uint8Array): Uint8Array {
    const states = arrayOfStates(this, first, end, target);
    const { map } = this;
    const known = Math.max(first, Math.min(end, this.#known));
    // A byte of the map holds four pages. A typed array ignores states that are written before its start or behind its end.
    for (let page = first - (first % 4); page < known; page += 4) {
      const byte = map[page / 4] ?? 0;
      const at = page - first;
      states[at] = byte >> 6;
      states[at + 1] = (byte >> 4) & 3;
      states[at + 2] = (byte >> 2) & 3;
      states[at + 3] = byte & 3;
    }
    return states.fill(PAGE_STATE_CODES.failed, known - first);
  }

  toJSON() {
    return pageMapJson(this);
  }

  #count(): PageTally {
    const behindMap = this.numPages - this.#known;
    if (this.#known > COUNTED_PAGES) {
      const tally = tallyPageStates(this.map, this.#known);
      return { ...tally, failed: tally.failed + behindMap };
    }
    const tally = { captured: 0, failed: behindMap, unmapped: 0, reserved: 0 };
    for (let page = 0; page < this.#known; page++) tally[pageStateOf(this.#code(page))]++;
    return tally;
  }

  #countCaptured(end: number): number {
    let captured = 0;
    for (let page = 0; page < end; page++) if (this.#code(page) === PAGE_STATE_CODES.captured) captured++;
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
    return page < this.#known ? this.#code(page) : PAGE_STATE_CODES.failed;
  }

  #code(page: number): number {
    return ((this.map[Math.floor(page / 4)] ?? 0) >> (6 - 2 * (page % 4))) & 3;
  }

  #requirePage(page: number): void {
    if (!Number.isInteger(page) || page < 0 || page >= this.numPages)
      throw new RangeError(`Page ${page} is not one of ${this.numPages}`);
  }
}

/**
 * The runs of the core as a batch that begins at page `first` and ends before page `end`. Run `starts` count from page `from`, up to three pages
 * before `first`; runs that end before it are left out.
 */
function batchFrom({ starts, states, count }: PageRuns, from: number, first: number, end: number): PageRunBatch {
  let skipped = 0;
  while (skipped < count && (skipped + 1 < count ? from + (starts[skipped + 1] ?? 0) : end) <= first) skipped++;
  const columns = new Float64Array(count - skipped + 1);
  columns.set(starts.subarray(skipped));
  if (from > 0) for (let i = 0; i < columns.length; i++) columns[i] = (columns[i] ?? 0) + from;
  columns[0] = Math.max(first, columns[0] ?? 0);
  columns[count - skipped] = end;
  return { count: count - skipped, starts: columns, states: skipped > 0 ? states.slice(skipped) : states };
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
        `A run of ${count} pages from page ${start} on, expected 0 or more, and at most 2^53 - 1 pages in all`,
      );
    }
    if (count > 0) yield { start, count, state };
    start += count;
  }
}

class RunPages extends PagesInRuns {
  readonly numPages: number;
  readonly #runs: readonly PageRun[];
  /** Captured pages before each run. */
  readonly #captured: readonly number[];

  /** `runs`: maximal ones, without gaps. */
  constructor(runs: readonly PageRun[]) {
    super();
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
      if (!run || run.start >= end || first >= end) return;
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
