/** Scalar page-state maps: one page at a time, by the formulas of the specification. */
import type { Random } from "../support/samples.js";

const CAPTURED = 0;
const FAILED = 1;
const RESERVED = 3;

export function stateOf(map: Uint8Array, page: number): number {
  return ((map[page >> 2] ?? 0) >> (6 - 2 * (page & 3))) & 3;
}

/** The map of these states. Unused bits of the last byte are filled with the state `rest`. */
export function encodeStates(states: ArrayLike<number>, rest = 0): Uint8Array<ArrayBuffer> {
  const map = new Uint8Array(Math.ceil(states.length / 4));
  for (let page = 0; page < map.length * 4; page++) {
    const at = page >> 2;
    map[at] = (map[at] ?? 0) | ((states[page] ?? rest) << (6 - 2 * (page & 3)));
  }
  return map;
}

export function tallyStates(map: Uint8Array, pages: number) {
  const tally = [0, 0, 0, 0];
  for (let page = 0; page < pages; page++) {
    const state = stateOf(map, page);
    tally[state] = (tally[state] ?? 0) + 1;
  }
  const [captured, failed, unmapped, reserved] = tally;
  return { captured, failed, unmapped, reserved };
}

export interface Runs {
  starts: number[];
  states: number[];
}

export function runsOf(map: Uint8Array, pages: number, reservedAs: "failed" | "reserved"): Runs {
  const runs: Runs = { starts: [], states: [] };
  for (let page = 0; page < pages; page++) {
    const raw = stateOf(map, page);
    const state = raw === RESERVED && reservedAs === "failed" ? FAILED : raw;
    if (state === runs.states.at(-1)) continue;
    runs.starts.push(page);
    runs.states.push(state);
  }
  return runs;
}

/** The number of captured pages before each page from 0 to `pages`. */
export function capturedBeforeEach(map: Uint8Array, pages: number): number[] {
  const before = [0];
  for (let page = 0; page < pages; page++) before.push((before[page] ?? 0) + (stateOf(map, page) === CAPTURED ? 1 : 0));
  return before;
}

/** Random states in runs of up to `longest` pages. */
export function randomStates(random: Random, pages: number, longest: number): Uint8Array {
  const states = new Uint8Array(pages);
  for (let page = 0; page < pages; ) {
    const end = page + 1 + random.below(longest);
    states.fill(random.below(4), page, end);
    page = end;
  }
  return states;
}
