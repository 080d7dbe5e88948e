/** Page states in bulk, as runs in typed arrays and as bytes, against a loop over the states of the pages. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PAGE_STATE_CODES, type PageMap, type PageRunBatch, type PageState, PageStates, pagesOf } from "../src/index.js";
import { JoinedPages } from "../src/memory/joined-region.js";
import { TimeSlice } from "../src/source/time-slice.js";
import { FinerPages, KeptPages } from "../src/transcode/carried-pages.js";

const CAPTURED = 0;
const FAILED = 1;
const RESERVED = 3;
const NAMES: readonly PageState[] = ["captured", "failed", "unmapped", "reserved"];

/** The map of these states, most significant bits first. Unused bits of the last byte are those of the reserved state. */
function mapOf(states: readonly number[]): Uint8Array {
  const map = new Uint8Array(Math.ceil(states.length / 4));
  for (let page = 0; page < map.length * 4; page++) {
    const at = Math.floor(page / 4);
    map[at] = (map[at] ?? 0) | ((states[page] ?? RESERVED) << (6 - 2 * (page % 4)));
  }
  return map;
}

/** First page and state of each maximal run of the pages `[first, end)`. */
function runsByPage(states: readonly number[], first: number, end: number) {
  const starts: number[] = [];
  const codes: number[] = [];
  for (let page = first; page < end; page++) {
    const state = states[page] ?? RESERVED;
    if (state === codes.at(-1)) continue;
    starts.push(page);
    codes.push(state);
  }
  return { starts, codes };
}

/** The runs of batches one after the other. Batches are not empty, and each begins where the one before it ends. */
function joined(batches: Iterable<PageRunBatch>, first: number, end: number) {
  const starts: number[] = [];
  const codes: number[] = [];
  let at = first;
  for (const batch of batches) {
    expect(batch.count).toBeGreaterThan(0);
    expect([batch.starts.length, batch.states.length]).toEqual([batch.count + 1, batch.count]);
    expect(batch.starts[0]).toBe(at);
    for (let run = 0; run < batch.count; run++) {
      starts.push(batch.starts[run] ?? -1);
      codes.push(batch.states[run] ?? -1);
    }
    at = batch.starts[batch.count] ?? -1;
  }
  expect(at).toBe(end);
  return { starts, codes };
}

/** Compares runs, batches and states of the pages `[first, end)` with `states`, one code for each page of the map. */
function requireStates(pages: PageMap, states: readonly number[], first = 0, end = states.length): void {
  const expected = runsByPage(states, first, end);
  expect(joined(pages.runBatches(first, end), first, end)).toEqual(expected);
  const runs = expected.starts.map((start, run) => ({
    start,
    count: (expected.starts[run + 1] ?? end) - start,
    state: NAMES[expected.codes[run] ?? RESERVED],
  }));
  expect([...pages.runs(first, end)]).toEqual(runs);
  const codes = states.slice(first, end);
  expect([...pages.states(first, end)]).toEqual(codes);
  const target = new Uint8Array(end - first + 3).fill(77);
  const written = pages.states(first, end, target);
  expect([written.buffer === target.buffer, written.length]).toEqual([true, end - first]);
  expect([...target]).toEqual([...codes, 77, 77, 77]);
}

/** Runs of one page, of a word of 32 pages, of the 256 pages that are compared at once, and of a page more or less. */
const RUN_LENGTHS = [1, 2, 3, 4, 5, 15, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513];

const someStates = fc
  .array(fc.tuple(fc.constantFrom(...RUN_LENGTHS), fc.nat(3)), { maxLength: 12 })
  .map((runs) => runs.flatMap(([length, state]) => Array.from({ length }, () => state)));

const stateOfEachPage = fc.array(fc.nat(3), { maxLength: 300 });

/** States, and a part of the pages whose borders are anywhere. */
const someOfThePages = fc.tuple(fc.oneof(someStates, stateOfEachPage), fc.nat(), fc.nat()).map(([states, a, b]) => {
  const [first = 0, end = 0] = [a, b].map((page) => page % (states.length + 1)).sort((x, y) => x - y);
  return { states, first, end };
});

const SETTINGS = { numRuns: 400, seed: 11 };

describe("PageStates in bulk", () => {
  it("runs, runBatches and states of PageStates agree with a loop over the pages, for any part of a map", () => {
    fc.assert(
      fc.property(someOfThePages, ({ states, first, end }) => {
        requireStates(new PageStates(mapOf(states), states.length), states, first, end);
      }),
      SETTINGS,
    );
  });

  it("PageStates counts pages behind the end of a map that is cut off as failed", () => {
    fc.assert(
      fc.property(someOfThePages, fc.nat(), ({ states, first, end }, cut) => {
        const map = mapOf(states).subarray(0, cut % (Math.ceil(states.length / 4) + 1));
        const known = states.map((state, page) => (page < 4 * map.length ? state : FAILED));
        requireStates(new PageStates(map, states.length), known, first, end);
      }),
      SETTINGS,
    );
  });

  it("runBatches of PageStates yields each run once and whole, also across batches and pieces of the core", () => {
    let seed = 1;
    const next = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 1;
      return seed >>> 8;
    };
    // 2^20 pages are one piece of the map; the kernel writes about 13,000 runs at a time.
    const states: number[] = [];
    for (const [pages, longest] of [
      [60_000, 1],
      [2 ** 20, 700_000],
      [2 ** 16, 3],
      [2 ** 19, 40],
    ] as const) {
      for (const end = states.length + pages; states.length < end; ) {
        const length = Math.min(1 + (next() % longest), end - states.length);
        const state = next() % 4;
        for (let i = 0; i < length; i++) states.push(state);
      }
    }
    const pages = new PageStates(mapOf(states), states.length);
    for (const [first, end] of [
      [0, states.length],
      [5, states.length - 3],
      [50_003, 2 ** 20 + 2],
    ] as const) {
      const { starts, codes } = joined(pages.runBatches(first, end), first, end);
      const expected = runsByPage(states, first, end);
      expect(Buffer.compare(Buffer.from(codes), Buffer.from(expected.codes))).toBe(0);
      expect(starts.length).toBe(expected.starts.length);
      expect(starts.findIndex((start, run) => start !== expected.starts[run])).toBe(-1);
      expect(Buffer.compare(pages.states(first, end), Buffer.from(states.slice(first, end)))).toBe(0);
    }
  });

  it("runBatches of PageStates yields one failed run for more than 2^32 pages without bits in the map", () => {
    const pages = new PageStates(Uint8Array.of(0b00_01_10_01), 2 ** 40);
    expect([...pages.runBatches()]).toEqual([
      { count: 4, starts: Float64Array.of(0, 1, 2, 3, 2 ** 40), states: Uint8Array.of(0, 1, 2, 1) },
    ]);
    expect([...pages.runBatches(2 ** 33 + 1, 2 ** 33 + 9)]).toEqual([
      { count: 1, starts: Float64Array.of(2 ** 33 + 1, 2 ** 33 + 9), states: Uint8Array.of(FAILED) },
    ]);
    expect([...pages.states(2 ** 40 - 2)]).toEqual([FAILED, FAILED]);
  });

  it("PageStates finds the state of a page behind 2^31 other pages", () => {
    const map = new Uint8Array(2 ** 29 + 1);
    map[2 ** 29] = 0b01_10_11_00;
    const pages = new PageStates(map, 2 ** 31 + 4);
    const states = [0, 1, 2, 3].map((page) => pages.stateAt(2 ** 31 + page));
    expect(states).toEqual(["failed", "unmapped", "reserved", "captured"]);
    expect([...pages.states(2 ** 31 - 1)]).toEqual([0, 1, 2, 3, 0]);
    expect([...pages.runs(2 ** 31 - 1)].map(({ start }) => start - 2 ** 31)).toEqual([-1, 0, 1, 2, 3]);
  });

  it("arrays of a batch that a caller changes do not affect later batches and runs", () => {
    const pages = new PageStates(mapOf(Array.from({ length: 100_000 }, (_, page) => page % 2)), 100_000);
    const [first, second] = [...pages.runBatches()];
    first?.starts.fill(0);
    first?.states.fill(9);
    expect(second?.starts[0]).toBe(first?.count);
    expect([...pages.runs(0, 2)].map(({ state }) => state)).toEqual(["captured", "failed"]);
  });

  it("PageStates refuses pages outside the map, and an array that is too short", () => {
    const pages = new PageStates(Uint8Array.of(0, 0), 8);
    for (const [first, end] of [
      [-1, 4],
      [0, 9],
      [5, 4],
      [0.5, 4],
      [0, Number.NaN],
    ] as const) {
      expect(() => pages.states(first, end, new Uint8Array(16))).toThrow(/^Pages .* are not all among 8$/);
      expect(() => pagesOf([{ count: 8, state: "failed" }]).states(first, end)).toThrow(RangeError);
    }
    expect(() => pages.states(0, 8, new Uint8Array(7))).toThrow(/7 bytes has no room for the states of 8 pages/);
  });
});

describe("other page maps in bulk", () => {
  it("pagesOf returns a map with the states of its stretches", () => {
    fc.assert(
      fc.property(someOfThePages, ({ states, first, end }) => {
        const pages = pagesOf(states.map((code) => ({ count: 1, state: NAMES[code] ?? "reserved" })));
        requireStates(pages, states, first, end);
      }),
      SETTINGS,
    );
  });

  it("joined maps of fragments have the states of one map", async () => {
    await fc.assert(
      fc.asyncProperty(someOfThePages, fc.array(fc.nat(), { maxLength: 5 }), async ({ states, first, end }, cuts) => {
        const borders = [0, ...cuts.map((cut) => cut % (states.length + 1)), states.length].sort((a, b) => a - b);
        const maps = borders.slice(1).map((border, part) => {
          const own = states.slice(borders[part], border);
          return { pages: new PageStates(mapOf(own), own.length) };
        });
        requireStates(await JoinedPages.of(maps, new TimeSlice(undefined)), states, first, end);
      }),
      SETTINGS,
    );
  });

  it("joined maps of fragments have the states of one map, also in several batches", async () => {
    const states = Array.from({ length: 60_000 }, (_, page) => (page === 30_000 ? 1 : page % 2));
    const maps = [states.slice(0, 30_001), states.slice(30_001)].map((own) => ({
      pages: new PageStates(mapOf(own), own.length),
    }));
    requireStates(await JoinedPages.of(maps, new TimeSlice(undefined)), states);
  });

  it("KeptPages and FinerPages have the states that transcode writes", () => {
    fc.assert(
      fc.property(someOfThePages, fc.nat(), fc.integer({ min: 2, max: 4 }), ({ states, first, end }, lost, factor) => {
        const pages = new PageStates(mapOf(states), states.length);
        const captured = states.filter((state) => state === CAPTURED).length;
        let held = captured - (lost % (captured + 1));
        const kept = new KeptPages(pages, held);
        const keptStates = states.map((state) => (state === RESERVED || (state === CAPTURED && held-- <= 0) ? FAILED : state));
        requireStates(kept, keptStates, first, end);
        const finer = new FinerPages(pages, factor, states.length * factor);
        const finerStates = states.flatMap((state) => Array.from({ length: factor }, () => state));
        requireStates(finer, finerStates, first, end * factor);
      }),
      SETTINGS,
    );
  });
});

it("page states have the codes of a page-state map", () => {
  expect(PAGE_STATE_CODES).toEqual({ captured: 0, failed: 1, unmapped: 2, reserved: 3 });
});
