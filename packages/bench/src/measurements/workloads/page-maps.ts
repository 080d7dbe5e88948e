/** Page-state maps that are made from their runs, so that the runs a reader must find are known. */
import { Random } from "../../captures/random.js";

export interface PageMap {
  readonly name: string;
  readonly pages: number;
  /** 2 bits per page, most significant first. */
  readonly map: Uint8Array;
  /** Maximal runs; a page in a reserved state counts as failed, unless the function that made the map says otherwise. */
  readonly starts: Uint32Array;
  readonly states: Uint8Array;
}

const FAILED = 1;
const RESERVED = 3;

/** Maps of `pages` pages: all captured, a random state for each page, runs of 500 to 1499 pages. */
export function pageMaps(pages: number): PageMap[] {
  const random = new Random(0x51ed270b);
  return [
    pageMap("all captured", pages, () => ({ length: pages, state: 0 })),
    pageMap("random", pages, () => ({ length: 1, state: random.below(4) })),
    pageMap("runs of about 1000", pages, () => ({ length: 500 + random.below(1000), state: random.below(4) })),
  ];
}

/** A random state for each page; runs of the reserved state are runs of their own. */
export function randomPageMap(pages: number): PageMap {
  const random = new Random(0x52e1a70f);
  return pageMap("random", pages, () => ({ length: 1, state: random.below(4) }), RESERVED);
}

/** `reservedAs`: the state that pages in the reserved state have in the runs. */
function pageMap(name: string, pages: number, nextRow: () => { length: number; state: number }, reservedAs = FAILED): PageMap {
  const map = new Uint8Array(Math.ceil(pages / 4));
  const starts = new Uint32Array(pages);
  const states = new Uint8Array(pages);
  let runs = 0;
  for (let start = 0; start < pages; ) {
    const { length, state } = nextRow();
    const end = Math.min(pages, start + length);
    const counted = state === RESERVED ? reservedAs : state;
    if (runs === 0 || states[runs - 1] !== counted) {
      starts[runs] = start;
      states[runs] = counted;
      runs++;
    }
    for (let page = start; page < end; page++) map[page >> 2] = (map[page >> 2] ?? 0) | (state << (6 - 2 * (page & 3)));
    start = end;
  }
  return { name, pages, map, starts: starts.subarray(0, runs), states: states.subarray(0, runs) };
}
