/** Page states of the output: those of the source where 1.1 can hold them, and others for pages that lack bytes and for other page sizes. */
import {
  capturedPage,
  joinRuns,
  type PageMap,
  type PageRun,
  type PageState,
  PagesInRuns,
  type PageTally,
} from "../format/page-map.js";
import type { RegionHead } from "../format/payloads/memory-region.js";

/** The page states with `failed` in place of the reserved state and of captured pages whose bytes are missing. */
export class KeptPages extends PagesInRuns {
  readonly #pages: PageMap;
  readonly #held: number;
  /** Captured pages from here on have no bytes. */
  readonly #cut: number;

  /** `held`: the captured pages, counted from the first, whose bytes are there. */
  constructor(pages: PageMap, held: number) {
    super();
    this.#pages = pages;
    this.#held = Math.min(held, pages.tally().captured);
    this.#cut = capturedPage(pages, held) ?? pages.numPages;
  }

  get numPages(): number {
    return this.#pages.numPages;
  }

  tally(): PageTally {
    const { captured, failed, unmapped, reserved } = this.#pages.tally();
    return { captured: this.#held, failed: failed + reserved + captured - this.#held, unmapped, reserved: 0 };
  }

  stateAt(page: number): PageState {
    return this.#kept(this.#pages.stateAt(page), page);
  }

  capturedBefore(page: number): number {
    return Math.min(this.#pages.capturedBefore(page), this.#held);
  }

  *runs(first = 0, end = this.numPages): Generator<PageRun> {
    yield* joinRuns(this.#pieces(first, end));
  }

  *#pieces(first: number, end: number): Generator<PageRun> {
    for (const [from, to] of [
      [first, Math.min(end, this.#cut)],
      [Math.max(first, this.#cut), end],
    ] as const) {
      if (from >= to) continue;
      for (const run of this.#pages.runs(from, to)) yield { ...run, state: this.#kept(run.state, run.start) };
    }
  }

  #kept(state: PageState, page: number): PageState {
    return state === "reserved" || (state === "captured" && page >= this.#cut) ? "failed" : state;
  }
}

/* Page states in smaller pages, for a region that ends inside its last page: MSL 0.1 has such regions, 1.1 has whole pages only. */

/** Bytes of the smallest page that 1.1 has. */
const SMALLEST_PAGE = 1024;

/**
 * Bytes of a page in the output: the largest power of two that divides the region's page and, as far as 1.1 has such pages, its size. MSL 0.1
 * has pages of any size: one that no power of two from 1 KiB on divides stays as it is, and cannot be written as a 1.1 region.
 */
export function keptPageSize({ regionSize, pageSize }: Pick<RegionHead, "regionSize" | "pageSize">): number {
  let kept = largestPowerOfTwoIn(pageSize);
  if (kept < SMALLEST_PAGE) return pageSize;
  while (kept > SMALLEST_PAGE && regionSize % BigInt(kept) !== 0n) kept /= 2;
  return kept;
}

function largestPowerOfTwoIn(size: number): number {
  let power = 1;
  while (size % (power * 2) === 0) power *= 2;
  return power;
}

/** The page states in smaller pages, for a region that ends inside its last page: MSL 0.1 has such regions, 1.1 has whole pages only. */
export class FinerPages extends PagesInRuns {
  readonly numPages: number;
  readonly #pages: PageMap;
  /** Pages that one page becomes. */
  readonly #factor: number;

  /** `numPages`: of the smaller pages, `factor` for each page but the last, which may have fewer. */
  constructor(pages: PageMap, factor: number, numPages: number) {
    super();
    this.#pages = pages;
    this.#factor = factor;
    this.numPages = numPages;
  }

  tally(): PageTally {
    const { captured, failed, unmapped, reserved } = this.#pages.tally();
    const factor = this.#factor;
    const tally = {
      captured: captured * factor,
      failed: failed * factor,
      unmapped: unmapped * factor,
      reserved: reserved * factor,
    };
    const { numPages } = this.#pages;
    if (numPages > 0) tally[this.#pages.stateAt(numPages - 1)] -= numPages * factor - this.numPages;
    return tally;
  }

  stateAt(page: number): PageState {
    if (page >= this.numPages) throw new RangeError(`Page ${page} is not one of ${this.numPages}`);
    return this.#pages.stateAt(Math.floor(page / this.#factor));
  }

  capturedBefore(page: number): number {
    const whole = Math.floor(page / this.#factor);
    const more = page - whole * this.#factor;
    const partly = more > 0 && this.#pages.stateAt(whole) === "captured" ? more : 0;
    return this.#pages.capturedBefore(whole) * this.#factor + partly;
  }

  *runs(first = 0, end = this.numPages): Generator<PageRun> {
    yield* joinRuns(this.#pieces(first, end));
  }

  *#pieces(first: number, end: number): Generator<PageRun> {
    if (first >= end) return;
    const factor = this.#factor;
    for (const run of this.#pages.runs(Math.floor(first / factor), Math.ceil(end / factor))) {
      const start = Math.max(first, run.start * factor);
      const stop = Math.min(end, (run.start + run.count) * factor);
      if (start < stop) yield { start, count: stop - start, state: run.state };
    }
  }
}
