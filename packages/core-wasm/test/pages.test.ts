import { describe, expect, it } from "vitest";
import { Core, PageRank, type PageRuns, PageState, pageRunBatches, pageRuns, tallyPageStates } from "../src/index.js";
import { capturedBeforeEach, encodeStates, randomStates, runsOf, stateOf, tallyStates } from "./oracle/page-states.js";
import { MemoryEnd } from "./support/memory-end.js";
import { Random } from "./support/samples.js";

const RESERVED_AS = ["failed", "reserved"] as const;

/** Pages of one kernel call. */
const PIECE_PAGES = 2 ** 20;

/** Format section 5.2: 12 pages C C C F C C U U C C F C, padded to 8 bytes. */
const EXAMPLE = Uint8Array.of(0x01, 0x0a, 0x04, 0, 0, 0, 0, 0);

const lists = (runs: PageRuns) => ({ starts: [...runs.starts], states: [...runs.states] });

/** Typed arrays of millions of elements: `toEqual` takes seconds for them. */
function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  let different = 0;
  while (different < actual.length && actual[different] === expected[different]) different++;
  expect(different, "index of the first difference").toBe(actual.length);
}

function joined(batches: Iterable<PageRuns>) {
  const starts: number[] = [];
  const states: number[] = [];
  const ends: number[] = [];
  let sizes = 0;
  for (const batch of batches) {
    sizes += batch.count;
    for (const start of batch.starts) starts.push(start);
    for (const state of batch.states) states.push(state);
    ends.push(batch.endPage);
  }
  return { starts, states, ends, sizes };
}

/** Every page count around the sizes of a byte, a word, a skip of 256 pages, a group of the tally and a block of the rank. */
function mapsOfAllSizes(random: Random): { map: Uint8Array; pages: number }[] {
  return Array.from({ length: 701 }, (_, pages) => {
    const longest = [1, 3, 40, 400][pages % 4] ?? 1;
    return { map: encodeStates(randomStates(random, pages, longest), random.below(4)), pages };
  });
}

function shapes(pages: number): Record<string, Uint8Array> {
  const states = (of: (page: number) => number) => encodeStates(Uint8Array.from({ length: pages }, (_, page) => of(page)));
  return {
    "all captured": states(() => PageState.captured),
    "all failed": states(() => PageState.failed),
    "all unmapped": states(() => PageState.unmapped),
    "all reserved": states(() => PageState.reserved),
    "failed and reserved alternating": states((page) => (page % 2 === 0 ? PageState.failed : PageState.reserved)),
    "captured and failed alternating": states((page) => page % 2),
    "all states in turn": states((page) => page % 4),
    "one unmapped page at the end": states((page) => (page === pages - 1 ? PageState.unmapped : PageState.captured)),
    "runs of 1000": states((page) => Math.floor(page / 1000) % 3),
    "runs of 256": states((page) => Math.floor(page / 256) % 4),
  };
}

describe("tallyPageStates", () => {
  it("tallyPageStates counts the states of the example in the specification", () => {
    expect(tallyPageStates(EXAMPLE, 12)).toEqual({ captured: 8, failed: 2, unmapped: 2, reserved: 0 });
  });

  it("tallyPageStates counts the states of 0 to 700 pages, and reads no byte behind the map", () => {
    const end = new MemoryEnd(256);
    for (const { map, pages } of mapsOfAllSizes(new Random(1))) {
      const expected = tallyStates(map, pages);
      expect(tallyPageStates(end.place(map), pages, end.core), `${pages} pages`).toEqual(expected);
      expect(tallyPageStates(map, pages), `${pages} pages, copied`).toEqual(expected);
    }
  });

  it.each(Object.entries(shapes(20_000)))("tallyPageStates counts the states of a map: %s", (_, map) => {
    for (const pages of [20_000, 19_999, 4033, 4032]) expect(tallyPageStates(map, pages)).toEqual(tallyStates(map, pages));
  });

  it("tallyPageStates counts the states of maps of several pieces", () => {
    const map = new Random(2).bytes(2 ** 22);
    for (const pages of [2 ** 24, 2 ** 24 - 3, PIECE_PAGES, PIECE_PAGES + 1]) {
      expect(tallyPageStates(map, pages)).toEqual(tallyStates(map, pages));
    }
  });

  it("tallyPageStates counts the states of a map at any alignment", () => {
    const end = new MemoryEnd(1024);
    const map = new Random(3).bytes(600);
    for (let skipped = 0; skipped < 64; skipped++) {
      const shifted = end.place(map).subarray(skipped, skipped + 500);
      expect(tallyPageStates(shifted, 2000, end.core)).toEqual(tallyStates(map.subarray(skipped), 2000));
    }
  });

  it("tallyPageStates throws for more pages than the map has, and for 2^32 pages or more", () => {
    expect(() => tallyPageStates(new Uint8Array(2), 9)).toThrow(
      new RangeError("9 pages need a page-state map of 3 bytes; there are 2 bytes"),
    );
    expect(() => tallyPageStates(EXAMPLE, 2 ** 32)).toThrow(/0 to 4294967295 pages; asked for were 4294967296/);
    for (const pages of [-1, 1.5, Number.NaN]) expect(() => tallyPageStates(EXAMPLE, pages)).toThrow(RangeError);
  });
});

describe("pageRuns", () => {
  it("pageRuns finds the runs of the example in the specification", () => {
    expect(pageRuns(EXAMPLE, 12)).toEqual({
      count: 7,
      starts: Uint32Array.of(0, 3, 4, 6, 8, 10, 11),
      states: Uint8Array.of(0, 1, 0, 2, 0, 1, 0),
      endPage: 12,
    });
  });

  it.each(RESERVED_AS)(
    "pageRuns finds the runs of 0 to 700 pages, and reads no byte behind the map, with reserved pages as %s",
    (reservedAs) => {
      const end = new MemoryEnd(256);
      for (const { map, pages } of mapsOfAllSizes(new Random(4))) {
        const expected = runsOf(map, pages, reservedAs);
        const inPlace = pageRuns(end.place(map), pages, { reservedAs, core: end.core });
        expect(lists(inPlace), `${pages} pages`).toEqual(expected);
        expect(lists(pageRuns(map, pages, { reservedAs })), `${pages} pages, copied`).toEqual(expected);
        expect(inPlace.count).toBe(expected.starts.length);
        expect(inPlace.endPage).toBe(pages);
      }
    },
  );

  it("pageRuns returns reserved pages as failed by default", () => {
    const map = encodeStates([0, 1, 3, 1, 3, 3, 2]);
    expect(lists(pageRuns(map, 7))).toEqual({ starts: [0, 1, 6], states: [0, 1, 2] });
    expect(lists(pageRuns(map, 7, { reservedAs: "reserved" }))).toEqual({
      starts: [0, 1, 2, 3, 4, 6],
      states: [0, 1, 3, 1, 3, 2],
    });
  });

  it("pageRuns finds one page of another state between failed and reserved pages, wherever it is", () => {
    const random = new Random(7);
    for (let page = 0; page < 600; page++) {
      const list = Array.from({ length: 1100 }, (): number => (random.below(2) === 0 ? PageState.failed : PageState.reserved));
      list[page] = page % 2 === 0 ? PageState.captured : PageState.unmapped;
      const map = encodeStates(list);
      for (const reservedAs of RESERVED_AS) {
        expect(lists(pageRuns(map, 1100, { reservedAs })), `page ${page}`).toEqual(runsOf(map, 1100, reservedAs));
      }
    }
  });

  describe.each(Object.entries(shapes(20_000)))("a map: %s", (_, map) => {
    it.each(RESERVED_AS)("pageRuns finds the runs of a map of one shape, with reserved pages as %s", (reservedAs) => {
      for (const pages of [20_000, 19_999, 1024, 1025]) {
        expect(lists(pageRuns(map, pages, { reservedAs }))).toEqual(runsOf(map, pages, reservedAs));
      }
    });
  });

  it("pageRuns resumes with any room for runs, at any page and in any piece of the map", () => {
    const { kernels, memory } = new Core();
    const [cursorAt, mapAt, output] = [memory.acquire(8), memory.acquire(4096), memory.acquire(4096)];
    const random = new Random(5);
    for (let round = 0; round < 300; round++) {
      const pages = 1 + random.below(3000);
      const map = encodeStates(randomStates(random, pages, 1 + random.below(round)));
      const reservedAs = random.below(2) === 0 ? "failed" : "reserved";
      const starts: number[] = [];
      const states: number[] = [];
      let lastState = 4;
      for (let first = 0; first < pages; ) {
        const piecePages = Math.min(pages - first, 32 * (1 + random.below(40)));
        memory.bytes.fill(0xff).set(map.subarray(first / 4, Math.ceil((first + piecePages) / 4)), mapAt);
        const cursor = new Uint32Array(memory.bytes.buffer, cursorAt, 2);
        cursor.set([0, lastState]);
        while ((cursor[0] ?? 0) < piecePages) {
          const room = random.below(20);
          const reserved = reservedAs === "failed" ? PageState.failed : PageState.reserved;
          const count = kernels.writePageRuns(mapAt, piecePages, first, reserved, cursorAt, output, room);
          starts.push(...new Uint32Array(memory.bytes.buffer, output, count));
          states.push(...memory.bytes.subarray(output + 4 * room, output + 4 * room + count));
          expect(count).toBeLessThanOrEqual(room);
        }
        lastState = cursor[1] ?? 4;
        first += piecePages;
      }
      expect({ starts, states }, `round ${round}`).toEqual(runsOf(map, pages, reservedAs));
      expect(lastState).toBe(states.at(-1));
    }
  });

  it("pageRuns returns as many runs as the limit allows, and the end of the last one", () => {
    const map = encodeStates(randomStates(new Random(6), 3000, 30));
    const { starts, states } = runsOf(map, 3000, "failed");
    for (let limit = 0; limit <= starts.length + 1; limit++) {
      const runs = pageRuns(map, 3000, { limit });
      expect(lists(runs)).toEqual({ starts: starts.slice(0, limit), states: states.slice(0, limit) });
      expect(runs.endPage).toBe(starts[limit] ?? 3000);
    }
    expect(() => pageRuns(map, 3000, { limit: Number.NaN })).toThrow(RangeError);
    expect(() => pageRuns(map, 3000, { limit: -1 })).toThrow(/the option limit is -1, expected a number from 0/);
  });

  it("pageRuns finds the end of the last run within the limit in a later piece of the map", () => {
    const pages = 4 * PIECE_PAGES;
    const states = new Uint8Array(pages).fill(PageState.failed, 7, 3 * PIECE_PAGES + 5);
    expect(pageRuns(encodeStates(states), pages, { limit: 2 })).toEqual({
      count: 2,
      starts: Uint32Array.of(0, 7),
      states: Uint8Array.of(PageState.captured, PageState.failed),
      endPage: 3 * PIECE_PAGES + 5,
    });
  });

  it("pageRuns keeps the limit where one kernel call has no room for more runs", () => {
    const map = encodeStates(Uint8Array.from({ length: 40_000 }, (_, page) => page % 2));
    for (const limit of [13_093, 13_094, 13_095, 26_188, 39_999]) {
      const runs = pageRuns(map, 40_000, { limit });
      expect([runs.count, runs.starts.at(-1), runs.endPage]).toEqual([limit, limit - 1, limit]);
    }
  });

  it.each(RESERVED_AS)(
    "pageRuns finds the runs of maps of several pieces, at once and in batches, with reserved pages as %s",
    (reservedAs) => {
      const random = new Random(7);
      for (const [pages, longest] of [
        [2 ** 24 - 5, 200_000],
        [2 ** 21 + 77, 3],
      ] as const) {
        const map = encodeStates(randomStates(random, pages, longest));
        const expected = runsOf(map, pages, reservedAs);
        const runs = pageRuns(map, pages, { reservedAs });
        expectSame(runs.starts, expected.starts);
        expectSame(runs.states, expected.states);
        const batches = joined(pageRunBatches(map, pages, { reservedAs }));
        expectSame(batches.starts, expected.starts);
        expectSame(batches.states, expected.states);
        expect(batches.sizes).toBe(expected.starts.length);
        expect(batches.ends.at(-1)).toBe(pages);
      }
    },
  );

  it("pageRuns throws for more pages than the map has", () => {
    expect(() => pageRuns(new Uint8Array(2), 9)).toThrow(/9 pages need a page-state map of 3 bytes; there are 2 bytes/);
    expect(() => pageRuns(EXAMPLE, 2 ** 32)).toThrow(RangeError);
  });
});

describe("pageRunBatches", () => {
  it("pageRunBatches yields whole runs, so that each batch ends where the next one begins", () => {
    const pages = 3 * PIECE_PAGES + 10;
    const map = encodeStates(randomStates(new Random(8), pages, 500_000));
    let end = 0;
    let batches = 0;
    for (const batch of pageRunBatches(map, pages)) {
      expect(batch.count).toBeGreaterThan(0);
      expect(batch.starts[0]).toBe(end);
      expect(batch.endPage).toBeGreaterThan(batch.starts.at(-1) ?? 0);
      expect(batch.starts.buffer.byteLength + batch.states.buffer.byteLength).toBeLessThanOrEqual(64 * 1024);
      end = batch.endPage;
      batches++;
    }
    expect(end).toBe(pages);
    expect(batches).toBeGreaterThan(1);
  });

  it("pageRunBatches yields one batch for one run of any length, and none for no pages", () => {
    const one = [...pageRunBatches(new Uint8Array(2 ** 20), 2 ** 22)];
    expect(one).toEqual([{ count: 1, starts: Uint32Array.of(0), states: Uint8Array.of(0), endPage: 2 ** 22 }]);
    expect([...pageRunBatches(new Uint8Array(), 0)]).toEqual([]);
  });

  it("pageRunBatches yields the same batches when other calls use the core between them", () => {
    const core = new Core();
    const pages = 3 * PIECE_PAGES;
    const map = encodeStates(randomStates(new Random(9), pages, 100));
    const starts: number[] = [];
    for (const batch of pageRunBatches(map, pages, { core })) {
      for (const start of batch.starts) starts.push(start);
      pageRuns(new Uint8Array(1000).fill(0x1b), 4000, { core });
    }
    expectSame(starts, runsOf(map, pages, "failed").starts);
  });

  it("pageRunBatches throws at once for a short map, and between batches for a map that was detached", () => {
    expect(() => pageRunBatches(new Uint8Array(2), 9)).toThrow(RangeError);

    const core = new Core();
    const pages = 2 * PIECE_PAGES;
    const address = core.memory.acquire(pages / 4);
    const map = core.memory.bytes.subarray(address, address + pages / 4).fill(0x1b);
    const batches = pageRunBatches(map, pages, { core });
    expect(batches.next().done).toBe(false);
    core.memory.acquire(core.memory.bytes.length);
    expect(() => batches.next()).toThrow(/need a page-state map of 524288 bytes; there are 0 bytes/);
  });
});

describe("PageRank", () => {
  it("PageRank ranks the pages of the example in the specification", () => {
    using rank = new PageRank(EXAMPLE, 12);
    expect(rank.captured).toBe(8);
    expect([...rank.ranks(Uint32Array.from({ length: 12 }, (_, page) => page))]).toEqual([
      0, 1, 2, -1, 3, 4, -1, -1, 5, 6, -1, 7,
    ]);
  });

  it("PageRank ranks every page of maps of 0 to 700 pages", () => {
    for (const { map, pages } of mapsOfAllSizes(new Random(10))) {
      using rank = new PageRank(map, pages);
      const before = capturedBeforeEach(map, pages);
      const all = Uint32Array.from({ length: pages }, (_, page) => page);
      const expected = Array.from(all, (page) => (stateOf(map, page) === PageState.captured ? before[page] : -1));
      expect([...rank.ranks(all)], `${pages} pages`).toEqual(expected);
      expect(Array.from(all, (page) => rank.rank(page))).toEqual(expected);
      expect(Array.from({ length: pages + 1 }, (_, page) => rank.capturedBefore(page))).toEqual(before);
      expect(rank.captured).toBe(before[pages]);
    }
  });

  it("PageRank reads no byte behind the map when it ranks pages", () => {
    const end = new MemoryEnd(256);
    const { kernels, memory } = end.core;
    const [ranks, queries] = [memory.acquire(64), memory.acquire(4 * 701)];
    new Uint32Array(memory.bytes.buffer, queries, 701).set(Array.from({ length: 701 }, (_, page) => page));
    for (const { map, pages } of mapsOfAllSizes(new Random(11))) {
      const { byteOffset } = end.place(map);
      expect(kernels.buildPageRank(byteOffset, pages, ranks)).toBe(tallyStates(map, pages).captured);
      expect(kernels.rankPages(byteOffset, pages, ranks, queries, 701, end.core.scratch)).toBe(pages);
      expect(kernels.capturedBefore(byteOffset, pages, ranks, pages)).toBe(tallyStates(map, pages).captured);
    }
  });

  it("PageRank ranks the pages of a large map, inside and outside of linear memory, in any order", () => {
    const core = new Core();
    const pages = 2 ** 24 - 9;
    const random = new Random(12);
    const map = encodeStates(randomStates(random, pages, 50));
    const before = capturedBeforeEach(map, pages);
    const queries = Uint32Array.from({ length: 50_000 }, () => random.below(pages));
    const expected = Array.from(queries, (page) => (stateOf(map, page) === PageState.captured ? (before[page] ?? 0) : -1));

    const address = core.memory.acquire(map.length);
    const inside = core.memory.bytes.subarray(address, address + map.length);
    inside.set(map);
    // The map in linear memory comes first: the memory grows for the rank, which detaches the view.
    for (const source of [inside, map]) {
      using rank = new PageRank(source, pages, core);
      expectSame(rank.ranks(queries), expected);
      expect(rank.captured).toBe(before[pages]);
    }
  });

  it("PageRank keeps a copy of the map", () => {
    const map = Uint8Array.from(EXAMPLE);
    using rank = new PageRank(map, 12);
    map.fill(0xff);
    expect(rank.rank(11)).toBe(7);
  });

  it("PageRank throws for pages that the map does not have", () => {
    using rank = new PageRank(EXAMPLE, 12);
    expect(() => rank.rank(12)).toThrow(new RangeError("There is no page 12 to look up; the page-state map has 12 pages"));
    expect(() => rank.capturedBefore(13)).toThrow(RangeError);
    for (const page of [-1, 0.5, Number.NaN]) expect(() => rank.rank(page)).toThrow(RangeError);
    expect(() => rank.ranks(Uint32Array.of(0, 11, 12, 3))).toThrow(/no page 12/);
    expect(() => rank.ranks(new Uint32Array(20_000).fill(2 ** 32 - 1, 19_999))).toThrow(/no page 4294967295/);
    expect(() => new PageRank(new Uint8Array(2), 9)).toThrow(RangeError);
  });

  it("PageRank releases its memory once", () => {
    const core = new Core();
    const map = new Uint8Array(1000);
    const first = new PageRank(map, 4000, core);
    first.release();
    first.release();
    expect(() => first.rank(0)).toThrow(TypeError);
    expect(() => first.ranks(Uint32Array.of(0))).toThrow(TypeError);
    const size = core.memory.bytes.length;
    for (let i = 0; i < 1000; i++) new PageRank(map, 4000, core)[Symbol.dispose]();
    expect(core.memory.bytes.length).toBe(size);
    using second = new PageRank(map, 4000, core);
    using third = new PageRank(new Uint8Array(1000).fill(0x55), 4000, core);
    expect([second.captured, second.rank(3999), third.captured, third.rank(3999)]).toEqual([4000, 3999, 0, -1]);
  });

  it("PageRank throws for more captured pages than 31 bits count", () => {
    const core = new Core();
    const size = core.memory.bytes.length;
    Object.defineProperty(core, "kernels", { value: { ...core.kernels, buildPageRank: () => (2 ** 31) | 0 } });
    for (let i = 0; i < 100; i++) {
      expect(() => new PageRank(new Uint8Array(10_000), 4000, core)).toThrow(
        /2147483648 pages are captured; page ranks count up to 2147483647/,
      );
    }
    expect(core.memory.bytes.length).toBe(size);
  });
});
