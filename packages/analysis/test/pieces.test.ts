/** `piecesOf`: every captured byte comes once, and no piece lies across a hole. */
import { ScanCore } from "@memslice/core-wasm/scan";
import type { MemoryRange } from "@memslice/msl";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { piecesOf } from "../src/asking/pieces.js";
import { type PieceOptions, planOf, type Span } from "../src/asking/spans.js";
import { CoverageCount } from "../src/coverage.js";
import type { Memory } from "../src/memory.js";
import { stretches } from "./support/arbitrary-memory.js";
import { runsOf, SparseMemory, type Stretch } from "./support/sparse-memory.js";

const core = new ScanCore();

/** Puts the pieces together to runs again, and checks what they say about themselves. */
async function runsOfPieces(list: readonly Stretch[], overlap: number, windowBytes: number, mostRanges?: number) {
  const runs: { address: bigint; bytes: number[] }[] = [];
  let open = false;
  for await (const piece of piecesOf(new SparseMemory(list), core, {
    overlap,
    windowBytes,
    ...(mostRanges !== undefined && { mostRanges }),
  })) {
    const bytes = [...piece.window.bytes.subarray(piece.offset, piece.offset + piece.length)];
    const run = runs.at(-1);
    if (open && run) {
      expect(piece.address + BigInt(piece.repeated)).toBe(run.address + BigInt(run.bytes.length));
      expect(piece.repeated).toBe(overlap);
      expect(bytes.slice(0, piece.repeated)).toEqual(run.bytes.slice(run.bytes.length - piece.repeated));
      run.bytes.push(...bytes.slice(piece.repeated));
    } else {
      expect(piece.repeated).toBe(0);
      runs.push({ address: piece.address, bytes });
    }
    open = !piece.endsRun;
  }
  expect(open).toBe(false);
  return runs.map(({ address, bytes }) => ({ address, bytes: Uint8Array.from(bytes) }));
}

/** Tells ranges in parts that end at multiples of some bytes. */
class PartedMemory extends SparseMemory {
  readonly #bytes: bigint;
  /** Parts that were told so far. */
  parts = 0;

  constructor(list: readonly Stretch[], bytes: number) {
    super(list);
    this.#bytes = BigInt(bytes);
  }

  async *rangeParts(from?: bigint, to?: bigint): AsyncGenerator<MemoryRange, void, undefined> {
    for await (const { start, end } of this.ranges(from, to)) {
      for (let at = start; at < end; ) {
        const border = (at / this.#bytes + 1n) * this.#bytes;
        const stop = border < end ? border : end;
        this.parts++;
        yield { start: at, end: stop };
        at = stop;
      }
    }
  }
}

describe("piecesOf", () => {
  it("gives every run of captured bytes, whole, for windows and overlaps of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        stretches(),
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 21, max: 80 }),
        async (list, overlap, size) => {
          expect(await runsOfPieces(list, overlap, size)).toEqual(runsOf(list));
          expect(await runsOfPieces(list, overlap, size, 1 + (size % 4))).toEqual(runsOf(list));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("gives the same pieces where the memory tells parts of its ranges", async () => {
    const placesOf = async (memory: Memory, overlap: number, windowBytes: number) => {
      const places: object[] = [];
      for await (const { window: _, ...place } of piecesOf(memory, core, { overlap, windowBytes })) places.push(place);
      return places;
    };
    await fc.assert(
      fc.asyncProperty(
        stretches(),
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 21, max: 80 }),
        fc.integer({ min: 1, max: 90 }),
        async (list, overlap, size, part) => {
          const whole = await placesOf(new SparseMemory(list), overlap, size);
          expect(await placesOf(new PartedMemory(list, part), overlap, size)).toEqual(whole);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("gives the first pieces of a long range before all of it is known", async () => {
    const memory = new PartedMemory([{ address: 0n, content: new Uint8Array(10_000) }], 100);
    let told = 0;
    for await (const _ of piecesOf(memory, core, { windowBytes: 1000 })) {
      told ||= memory.parts;
    }
    expect(memory.parts).toBe(100);
    expect(told).toBeGreaterThan(10);
    expect(told).toBeLessThan(60);
  });

  it("are those of spans of several windows", async () => {
    const spansOf = async (list: readonly Stretch[], cut: PieceOptions) => {
      const { spans, windowsOf } = planOf(new SparseMemory(list), cut);
      const all: Span[] = [];
      let mostWindows = 0;
      for await (const span of spans) {
        const windows = windowsOf(span);
        mostWindows = Math.max(mostWindows, windows.length);
        all.push(...windows);
      }
      return { all, mostWindows };
    };
    let longest = 0;
    await fc.assert(
      fc.asyncProperty(
        stretches(),
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 21, max: 80 }),
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 1, max: 900 }),
        async (short, overlap, windowBytes, windowsPerSpan, length) => {
          const list = [...short, { address: 1n << 63n, content: new Uint8Array(length) }];
          const { all: expected } = await spansOf(list, { overlap, windowBytes });
          const { all, mostWindows } = await spansOf(list, { overlap, windowBytes, windowsPerSpan });
          expect(all).toEqual(expected);
          expect(mostWindows).toBeLessThanOrEqual(windowsPerSpan);
          longest = Math.max(longest, mostWindows);
        },
      ),
      { numRuns: 500 },
    );
    expect(longest).toBe(5);
  });

  it("reads many short ranges by one read", async () => {
    const list = Array.from({ length: 100 }, (_, i) => ({ address: BigInt(i * 100), content: new Uint8Array(10).fill(i) }));
    const memory = new SparseMemory(list);
    let pieces = 0;
    for await (const _ of piecesOf(memory, core)) pieces++;
    expect([pieces, memory.reads]).toEqual([100, 1]);
    for await (const _ of piecesOf(memory, core, { mostRanges: 16 })) pieces--;
    // Six reads of 16 ranges, and one of four.
    expect([pieces, memory.reads]).toEqual([0, 8]);
  });

  it("does not read the addresses between ranges that are far apart", async () => {
    const memory = new SparseMemory([
      { address: 0n, content: new Uint8Array(10) },
      { address: (1n << 64n) - 10n, content: new Uint8Array(10) },
    ]);
    const addresses: bigint[] = [];
    for await (const { address } of piecesOf(memory, core)) addresses.push(address);
    expect(addresses).toEqual([0n, (1n << 64n) - 10n]);
    expect(memory.reads).toBe(2);
  });

  it("counts each captured byte once, and tells the bytes that a caller who leaves early did not see", async () => {
    const memory = new SparseMemory([
      { address: 0n, content: new Uint8Array(100) },
      { address: 100n, content: { length: 7, state: "failed" } },
      { address: 107n, content: { length: 5, state: "unmapped" } },
    ]);
    const all = new CoverageCount();
    for await (const _ of piecesOf(memory, core, { overlap: 9, windowBytes: 20, coverage: all }));
    expect(await all.end(memory, 0n, 1n << 64n)).toEqual({
      searched: 100n,
      notSearched: { failed: 7n, missing: 0n, overlapped: 0n, leftOut: 0n, givenUp: 0n },
      unmapped: 5n,
      unreadableRegions: 0,
      regionsMissing: false,
      cutOff: false,
      atLimit: false,
      complete: false,
    });
    const some = new CoverageCount();
    for await (const _ of piecesOf(memory, core, { overlap: 9, windowBytes: 20, coverage: some })) break;
    expect((await some.end(memory, 0n, 100n)).notSearched).toEqual({
      failed: 0n,
      missing: 0n,
      overlapped: 0n,
      leftOut: 80n,
      givenUp: 0n,
    });
  });

  it("gives the areas of its windows back when the caller leaves the loop", async () => {
    const memory = new SparseMemory([{ address: 0n, content: new Uint8Array(100) }]);
    const own = new ScanCore();
    for (let i = 0; i < 50; i++) for await (const _ of piecesOf(memory, own)) break;
    expect(own.memory.bytes.length).toBeLessThan(4 << 20);
  });
});
