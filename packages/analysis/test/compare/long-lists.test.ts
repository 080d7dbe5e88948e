/** Lists of ranges whose length a capture decides are cut in steps. */
import type { SlicedWork } from "@memslice/msl/work";
import { describe, expect, it } from "vitest";
import { SAME_ADDRESSES } from "../../src/compare/alignment.js";
import { regionDifferences } from "../../src/compare/region-pairs.js";
import { joinedRanges, outside, ownedRanges, withoutOverlaps } from "../../src/intervals.js";
import { turnsDuring } from "../support/event-loop.js";

const COUNT = 10_000;

function stepsOf<T>(work: SlicedWork<T>): { readonly steps: number; readonly value: T } {
  let steps = 0;
  let step = work.next();
  for (; !step.done; step = work.next()) steps++;
  return { steps, value: step.value };
}

it("ranges that overlap lose what earlier ones have, in steps", () => {
  const ranges = Array.from({ length: COUNT }, (_, i) => ({ start: BigInt(16 * i), end: BigInt(16 * i + 20) }));
  const { steps, value } = stepsOf(withoutOverlaps(ranges));
  expect(steps).toBeGreaterThan(5);
  expect(value).toEqual(ranges.map(({ start, end }, i) => ({ start: i === 0 ? start : start + 4n, end })));
});

it("a range is cut at many holes, and many ranges at one, in steps", () => {
  const holes = Array.from({ length: COUNT }, (_, i) => ({ start: BigInt(16 * i), end: BigInt(16 * i + 8) }));
  const all = { start: 0n, end: BigInt(16 * COUNT) };
  const between = holes.map(({ end }) => ({ start: end, end: end + 8n }));
  const one = stepsOf(outside([all], holes));
  expect(one.steps).toBeGreaterThan(5);
  expect(one.value).toEqual(between);
  const many = stepsOf(outside(between, [{ start: 0n, end: BigInt(8 * COUNT) }]));
  expect(many.steps).toBeGreaterThan(5);
  expect(many.value).toEqual(between.slice(COUNT / 2));
});

describe("long lists of ranges in any order", () => {
  /** 200,000 ranges, in an order that no sort finds done. */
  const MANY = 200_000;
  const ranges = Array.from({ length: MANY }, (_, i) => {
    const start = BigInt((i * 7919) % MANY) * 32n;
    return { start, end: start + 16n };
  });

  it("are put in order while other work has its turn, and an abort is heard", async () => {
    const ascending = Array.from({ length: MANY }, (_, i) => BigInt(i) * 32n);
    const work = async () => {
      expect((await joinedRanges(ranges)).map(({ start }) => start)).toEqual(ascending);
      expect((await ownedRanges(ranges)).map(({ start }) => start)).toEqual(ascending);
    };
    expect(await turnsDuring(work())).toBeGreaterThan(6);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    await expect(ownedRanges(ranges, controller.signal)).rejects.toMatchObject({ code: "aborted" });
  });

  it("regions with one start or one end are paired in order, each once", async () => {
    const region = (baseAddr: bigint, regionSize: bigint) => ({
      baseAddr,
      regionSize,
      head: { protection: 3, regionType: 5, pageSize: 4096 },
    });
    const pairs = async (a: ReturnType<typeof region>[], b: ReturnType<typeof region>[]) =>
      (await regionDifferences(a, b, SAME_ADDRESSES)).map(({ change, a: from, b: to, fields }) => [change, from, to, ...fields]);
    // The second region of the start 0x1000 is paired with the second one; the last region of the end 0x4000 with the one that grew downwards.
    expect(
      await pairs(
        [region(0x1000n, 0x1000n), region(0x1000n, 0x2000n), region(0x3000n, 0x1000n)],
        [region(0x1000n, 0x1000n), region(0x1000n, 0x1800n), region(0x2000n, 0x2000n), region(0x2800n, 0x1800n)],
      ),
    ).toEqual([
      ["changed", 0x1000n, 0x1000n, "size"],
      ["changed", 0x3000n, 0x2800n, "size"],
      ["added", undefined, 0x2000n],
    ]);
  });
});
