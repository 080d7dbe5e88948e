/** Page runs in the most direct way: a loop over the pages. */
const CAPTURED = 0;
const FAILED = 1;
const UNMAPPED = 2;

export interface NaivePageRuns {
  readonly starts: number[];
  readonly states: number[];
}

export function naivePageRuns(map: Uint8Array, pages: number): NaivePageRuns {
  const starts: number[] = [];
  const states: number[] = [];
  let last = -1;
  for (let page = 0; page < pages; page++) {
    const bits = ((map[page >> 2] ?? 0) >> (6 - 2 * (page & 3))) & 3;
    const state = bits === CAPTURED || bits === UNMAPPED ? bits : FAILED;
    if (state !== last) {
      starts.push(page);
      states.push(state);
      last = state;
    }
  }
  return { starts, states };
}
