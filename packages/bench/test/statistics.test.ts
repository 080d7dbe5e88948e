import { describe, expect, it } from "vitest";
import { medianInterval, quartiles } from "../src/measurements/harness/statistics.js";

describe("quartiles", () => {
  it("quartiles interpolates between values where ranks are fractional", () => {
    // Ranks 0.75, 1.5 and 2.25 of 1, 2, 3, 4.
    expect(quartiles([4, 1, 3, 2])).toEqual({ q1: 1.75, median: 2.5, q3: 3.25 });
  });

  it("quartiles returns the values themselves where ranks are whole", () => {
    expect(quartiles([50, 10, 40, 20, 30])).toEqual({ q1: 20, median: 30, q3: 40 });
    expect(quartiles([7])).toEqual({ q1: 7, median: 7, q3: 7 });
  });

  it("quartiles sorts values numerically", () => {
    expect(quartiles([10, 9, 100]).median).toBe(10);
  });

  it("quartiles throws for an empty list", () => {
    expect(() => quartiles([])).toThrow(new RangeError("There are no values to take quartiles of"));
  });
});

describe("medianInterval", () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => (i * 7) % count).map((i) => i + 1);

  it("medianInterval uses the ranks in tables of the sign test", () => {
    // 6 values: all below or all above the median, 2 of 64 cases. 5: 2 of 32 cases, more than 5 %.
    expect(medianInterval([6, 5, 4, 3, 2, 1])).toEqual({ low: 1, high: 6 });
    expect(() => medianInterval([1, 2, 3, 4, 5])).toThrow(new RangeError("A median cannot be told from 5 values"));
    // 9 values: 1 + 9 of 512 cases are 1.95 %, with 36 more it would be 9 %. So the second from either end.
    expect(medianInterval(upTo(9))).toEqual({ low: 2, high: 8 });
    // 15 values: 1 + 15 + 105 + 455 of 32768 cases are 1.76 %, with 1365 more 5.9 %. So the fourth.
    expect(medianInterval(upTo(15))).toEqual({ low: 4, high: 12 });
    // 20 values: 21700 of 1048576 cases are 2.07 %, with 15504 * 2.5 more 5.8 %. So the sixth.
    expect(medianInterval(upTo(20))).toEqual({ low: 6, high: 15 });
  });
});
