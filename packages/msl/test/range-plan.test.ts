import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteRange, planRanges } from "../src/source/coalescing-source.js";

const NEAR = { maxGap: 10, maxLength: 100 };

describe("planning requests", () => {
  it("ranges that touch, overlap or leave a small gap become one request", () => {
    expect(
      planRanges(
        [
          { offset: 0, length: 10 },
          { offset: 10, length: 5 },
        ],
        NEAR,
      ),
    ).toEqual([{ offset: 0, length: 15, members: [0, 1] }]);
    expect(
      planRanges(
        [
          { offset: 0, length: 10 },
          { offset: 4, length: 9 },
        ],
        NEAR,
      ),
    ).toEqual([{ offset: 0, length: 13, members: [0, 1] }]);
    expect(
      planRanges(
        [
          { offset: 0, length: 10 },
          { offset: 20, length: 5 },
        ],
        NEAR,
      ),
    ).toEqual([{ offset: 0, length: 25, members: [0, 1] }]);
    expect(
      planRanges(
        [
          { offset: 0, length: 10 },
          { offset: 21, length: 5 },
        ],
        NEAR,
      ),
    ).toEqual([
      { offset: 0, length: 10, members: [0] },
      { offset: 21, length: 5, members: [1] },
    ]);
  });

  it("requests are sorted by offset, and name their ranges", () => {
    const ranges = [
      { offset: 500, length: 4 },
      { offset: 8, length: 4 },
      { offset: 0, length: 4 },
    ];
    expect(planRanges(ranges, NEAR)).toEqual([
      { offset: 0, length: 12, members: [2, 1] },
      { offset: 500, length: 4, members: [0] },
    ]);
  });

  it("a merged request does not exceed the size limit, and a single longer range is not split", () => {
    const touching = [0, 40, 80].map((offset) => ({ offset, length: 40 }));
    expect(planRanges(touching, NEAR)).toEqual([
      { offset: 0, length: 80, members: [0, 1] },
      { offset: 80, length: 40, members: [2] },
    ]);
    expect(
      planRanges(
        [
          { offset: 0, length: 1_000 },
          { offset: 1_000, length: 1 },
        ],
        NEAR,
      ),
    ).toEqual([
      { offset: 0, length: 1_000, members: [0] },
      { offset: 1_000, length: 1, members: [1] },
    ]);
  });

  it("a range inside a long range needs no request of its own", () => {
    expect(
      planRanges(
        [
          { offset: 0, length: 1_000 },
          { offset: 300, length: 20 },
        ],
        NEAR,
      ),
    ).toEqual([{ offset: 0, length: 1_000, members: [0, 1] }]);
  });

  it("every range lies in exactly one request, for any ranges and limits", () => {
    const ranges = fc.array(fc.record({ offset: fc.nat(400), length: fc.integer({ min: 1, max: 60 }) }), { maxLength: 20 });
    const limits = fc.record({ maxGap: fc.nat(40), maxLength: fc.nat(120) });
    fc.assert(
      fc.property(ranges, limits, (wanted, { maxGap, maxLength }) => {
        const plan = planRanges(wanted, { maxGap, maxLength });
        expect(plan.flatMap(({ members }) => members).sort((a, b) => a - b)).toEqual(wanted.map((_, i) => i));
        for (const [i, { offset, length, members }] of plan.entries()) {
          const inside = members.map((member) => wanted[member] ?? { offset: -1, length: 0 });
          expect(offset).toBe(Math.min(...inside.map((range) => range.offset)));
          expect(offset + length).toBe(Math.max(...inside.map(endOf)));
          expect(length <= maxLength || inside.some((range) => range.length === length)).toBe(true);
          expect(longestGap(inside)).toBeLessThanOrEqual(maxGap);
          const next = plan[i + 1];
          if (!next) continue;
          expect(next.offset).toBeGreaterThanOrEqual(offset);
          // Two consecutive requests could not have been one: the gap or the length would be above its limit.
          const first = wanted[next.members[0] ?? -1] ?? { offset: -1, length: 0 };
          const joined = Math.max(offset + length, endOf(first)) - offset;
          expect(first.offset - (offset + length) > maxGap || joined > maxLength).toBe(true);
        }
      }),
      { numRuns: 1_000, seed: 5 },
    );
  });
});

function endOf({ offset, length }: ByteRange): number {
  return offset + length;
}

/** The length of the longest gap between the first and the last byte of the ranges, found byte by byte. */
function longestGap(ranges: readonly ByteRange[]): number {
  const covered = new Set(ranges.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i)));
  let longest = 0;
  let gap = 0;
  for (let at = Math.min(...covered); at <= Math.max(...covered); at++) {
    gap = covered.has(at) ? 0 : gap + 1;
    longest = Math.max(longest, gap);
  }
  return longest;
}
