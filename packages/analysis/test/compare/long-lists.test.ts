/** Lists of ranges whose length a capture decides are cut in steps. */
import type { SlicedWork } from "@memslice/msl/work";
import { expect, it } from "vitest";
import { outside, withoutOverlaps } from "../../src/intervals.js";

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
