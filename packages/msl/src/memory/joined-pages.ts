/** The page states of neighbouring fragments as one map; nothing is copied. */
import { joinRuns, type PageMap, type PageRun, type PageState, type PageTally, pageMapJson } from "../format/page-states.js";
import { Shown } from "../json/shown.js";

interface Part {
  readonly pages: PageMap;
  /** Number of its first page in the whole. */
  readonly start: number;
  /** Captured pages of the parts before it. */
  readonly capturedBefore: number;
}

export class JoinedPages extends Shown implements PageMap {
  readonly numPages: number;
  readonly #parts: readonly Part[];
  readonly #tally: PageTally;

  constructor(maps: readonly PageMap[]) {
    super();
    const sum = { captured: 0, failed: 0, unmapped: 0, reserved: 0 };
    let start = 0;
    this.#parts = maps.map((pages) => {
      const part = { pages, start, capturedBefore: sum.captured };
      const tally = pages.tally();
      start += pages.numPages;
      sum.captured += tally.captured;
      sum.failed += tally.failed;
      sum.unmapped += tally.unmapped;
      sum.reserved += tally.reserved;
      return part;
    });
    this.numPages = start;
    this.#tally = sum;
  }

  tally(): PageTally {
    return this.#tally;
  }

  stateAt(page: number): PageState {
    const part = this.#parts[this.#partAt(page)];
    if (!part || page < 0) throw new RangeError(`Page ${page} is not one of ${this.numPages}`);
    return part.pages.stateAt(page - part.start);
  }

  capturedBefore(page: number): number {
    const part = this.#parts[this.#partAt(page)];
    return part ? part.capturedBefore + part.pages.capturedBefore(page - part.start) : this.#tally.captured;
  }

  *runs(first = 0, end = this.numPages): Generator<PageRun> {
    yield* joinRuns(this.#pieces(first, end));
  }

  *#pieces(first: number, end: number): Generator<PageRun> {
    for (let index = this.#partAt(first); index < this.#parts.length; index++) {
      const part = this.#parts[index];
      if (!part || part.start >= end) return;
      const { pages, start } = part;
      const from = Math.max(0, first - start);
      const to = Math.min(pages.numPages, end - start);
      if (from >= to) continue;
      for (const run of pages.runs(from, to)) yield { ...run, start: run.start + start };
    }
  }

  override toJSON() {
    return pageMapJson(this);
  }

  /** The index of the part that holds the page; the number of parts behind the last page. A region may have very many fragments. */
  #partAt(page: number): number {
    let low = 0;
    let high = this.#parts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const part = this.#parts[middle];
      if (part && part.start + part.pages.numPages <= page) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
