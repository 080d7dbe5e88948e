/** The page states of neighbouring fragments as one map; nothing is copied. */
import type { PageTally } from "@memslice/core-wasm";
import { joinRuns, type PageMap, type PageRun, type PageState, pageMapJson } from "../format/page-states.js";
import { Shown } from "../json/shown.js";

interface Part {
  readonly pages: PageMap;
  /** Number of its first page in the whole. */
  readonly start: number;
}

export class JoinedPages extends Shown implements PageMap {
  readonly numPages: number;
  readonly #parts: readonly Part[];

  constructor(maps: readonly PageMap[]) {
    super();
    let start = 0;
    this.#parts = maps.map((pages) => {
      const part = { pages, start };
      start += pages.numPages;
      return part;
    });
    this.numPages = start;
  }

  toJSON() {
    return pageMapJson(this);
  }

  tally(): PageTally {
    const sum = { captured: 0, failed: 0, unmapped: 0, reserved: 0 };
    for (const { pages } of this.#parts) {
      const tally = pages.tally();
      sum.captured += tally.captured;
      sum.failed += tally.failed;
      sum.unmapped += tally.unmapped;
      sum.reserved += tally.reserved;
    }
    return sum;
  }

  stateAt(page: number): PageState {
    const part = this.#parts.findLast(({ start }) => start <= page);
    if (!part) throw new RangeError(`Page ${page} is not one of ${this.numPages}`);
    return part.pages.stateAt(page - part.start);
  }

  capturedBefore(page: number): number {
    let captured = 0;
    for (const { pages, start } of this.#parts) {
      if (page <= start) break;
      captured += page >= start + pages.numPages ? pages.tally().captured : pages.capturedBefore(page - start);
    }
    return captured;
  }

  *runs(first = 0, end = this.numPages): Generator<PageRun> {
    yield* joinRuns(this.#pieces(first, end));
  }

  *#pieces(first: number, end: number): Generator<PageRun> {
    for (const { pages, start } of this.#parts) {
      const from = Math.max(0, first - start);
      const to = Math.min(pages.numPages, end - start);
      if (from >= to) continue;
      for (const run of pages.runs(from, to)) yield { ...run, start: run.start + start };
    }
  }
}
