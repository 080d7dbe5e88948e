/** `compare` of captures with very many differences, regions and modules: in small batches, with pauses, and without a limit of the stack. */
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type Comparable,
  type ComparedModule,
  type ComparedRegion,
  type CompareOptions,
  compare,
  FlatMemory,
} from "../../src/index.js";

const MIB = 1 << 20;

/** Every other byte differs: half as many ranges as bytes. */
function alternating(): readonly [Comparable, Comparable] {
  const other = Uint8Array.from({ length: 2 * MIB }, (_, i) => i & 1);
  return [{ memory: new FlatMemory(new Uint8Array(2 * MIB), 0n) }, { memory: new FlatMemory(other, 0n) }];
}

const region = (baseAddr: bigint): ComparedRegion => ({
  baseAddr,
  regionSize: 0x1000n,
  head: { protection: 3, regionType: 4, pageSize: 4096 },
});

/** Regions of one type and size, modules of one path, and one that moved. */
function listsOf(count: number, moved: bigint): Comparable {
  const regions = Array.from({ length: count }, (_, i) => region(moved + BigInt(i) * 0x2000n));
  const modules: ComparedModule[] = Array.from({ length: count }, (_, i) => ({
    baseAddr: (1n << 40n) + BigInt(i) * 0x1000n,
    moduleSize: 1n,
    path: "/lib/same.so",
  }));
  modules.push({ baseAddr: (1n << 41n) + moved, moduleSize: 1n, path: "/bin/moved" });
  return { memory: new FlatMemory(new Uint8Array(1), 0n), regions: async () => regions, modules: async () => modules };
}

async function sizesOf(a: Comparable, b: Comparable, options: CompareOptions = {}) {
  const comparison = compare(a, b, options);
  const sizes: number[] = [];
  for await (const batch of comparison) sizes.push(batch.length);
  return { sizes, total: sizes.reduce((sum, size) => sum + size, 0), summary: comparison.summary };
}

/** Turns of the event loop during the work, on a clock that says at each look that a slice of time is over. */
async function turnsDuring(work: () => Promise<unknown>, atTurn?: (turn: number) => void): Promise<number> {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 25));
  let turns = 0;
  let isWorking = true;
  const turn = () => {
    if (!isWorking) return;
    turns++;
    atTurn?.(turns);
    setImmediate(turn);
  };
  setImmediate(turn);
  try {
    await work();
  } finally {
    isWorking = false;
  }
  return turns;
}

afterEach(() => vi.restoreAllMocks());

describe("compare", () => {
  it("gives a million ranges in batches, counts them, and gives way between the batches of one window", async () => {
    const [a, b] = alternating();
    let found: Awaited<ReturnType<typeof sizesOf>> | undefined;
    const turns = await turnsDuring(async () => {
      found = await sizesOf(a, b, { gap: 0 });
    });
    expect(found?.total).toBe(MIB);
    expect(found?.summary).toMatchObject({ changedRanges: MIB, changedBytes: BigInt(MIB) });
    expect(Math.max(...(found?.sizes ?? []))).toBeLessThanOrEqual(8192);
    expect(turns).toBeGreaterThan(100);
  });

  it("compares 150,000 regions and modules that are alike, in batches", async () => {
    const { sizes, total, summary } = await sizesOf(listsOf(150_000, 0n), listsOf(149_999, 1n << 36n));
    expect(summary.align).toBe("module");
    expect(summary.modules).toMatchObject({ moved: 1 });
    expect(total).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8192);
  });

  it("lists 150,000 regions and modules that only one side has, in batches", async () => {
    const one = { ...listsOf(1, 0n), regions: async () => [] };
    const { sizes, summary } = await sizesOf({ ...one, modules: async () => [] }, listsOf(150_000, 0n));
    expect(summary).toMatchObject({ regions: { added: 150_000 }, modules: { added: 150_001 } });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8192);
  });

  it("hears an abort while it puts regions and modules together, and between the batches of one window", async () => {
    const [a, b] = alternating();
    for (const work of [
      (signal: AbortSignal) => sizesOf(listsOf(20_000, 0n), listsOf(19_999, 1n << 36n), { signal }),
      (signal: AbortSignal) => sizesOf(a, b, { gap: 0, signal }),
    ]) {
      const stop = new AbortController();
      let last = 0;
      const turns = turnsDuring(
        () => work(stop.signal),
        (turn) => {
          last = turn;
          if (turn === 5) stop.abort();
        },
      );
      await expect(turns).rejects.toMatchObject({ code: "aborted" });
      expect(last).toBeLessThan(10);
    }
  });
});
