/** Page states as they can be written: the reserved state counts as failed, and so do captured pages whose bytes are not there. */
import { capturedPage, joinRuns, type PageMap, type PageRun, type PageState, type PageTally } from "../format/page-states.js";

export class KeptPages implements PageMap {
  readonly #pages: PageMap;
  readonly #held: number;
  /** Captured pages from here on have no bytes. */
  readonly #cut: number;

  /** `held`: the captured pages, counted from the first, whose bytes are there. */
  constructor(pages: PageMap, held: number) {
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
