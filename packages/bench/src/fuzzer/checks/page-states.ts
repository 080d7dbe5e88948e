/** Compares tally, runs and ranks of a page-state map with a direct count of its 2-bit states. */
import type { PageState, PageStates } from "@memslice/msl";
import type { Random } from "../../captures/random.js";
import { require, requireEqual } from "../finding.js";

const STATES: readonly PageState[] = ["captured", "failed", "unmapped", "reserved"];

/** Reads page states one by one; pages beyond the end of the map count as failed. */
export class PlainStates {
  readonly #map: Uint8Array;
  readonly #known: number;

  constructor({ map, numPages }: PageStates) {
    this.#map = map;
    this.#known = Math.min(numPages, map.length * 4);
  }

  at(page: number): PageState {
    if (page >= this.#known) return "failed";
    return STATES[((this.#map[Math.floor(page / 4)] ?? 0) >> (6 - 2 * (page % 4))) & 3] ?? "reserved";
  }

  /** Number of captured pages before page `end`. */
  captured(end: number): number {
    let captured = 0;
    for (let page = 0; page < Math.min(end, this.#known); page++) if (this.at(page) === "captured") captured++;
    return captured;
  }
}

export function checkPageStates(where: string, pages: PageStates, random: Random): void {
  const plain = new PlainStates(pages);
  const { captured, failed, unmapped, reserved } = pages.tally();
  requireEqual(`${where}: pages in the tally`, captured + failed + unmapped + reserved, pages.numPages);
  requireEqual(`${where}: captured pages`, captured, plain.captured(pages.numPages));
  const first = random.oneIn(2) ? 0 : random.below(pages.numPages);
  let at = first;
  let before: PageState | undefined;
  for (const { start, count, state } of pages.runs(first)) {
    require(`${where}: run at page ${start} follows page ${at}`, start === at && count > 0 && state !== before);
    requireEqual(`${where}: state of page ${start}`, [state, pages.stateAt(start)], [plain.at(start), plain.at(start)]);
    requireEqual(`${where}: state of page ${start + count - 1}`, state, plain.at(start + count - 1));
    at = start + count;
    before = state;
  }
  requireEqual(`${where}: end of the runs`, at, pages.numPages);
  const page = random.below(pages.numPages);
  requireEqual(`${where}: captured pages before ${page}`, pages.capturedBefore(page), plain.captured(page));
}
