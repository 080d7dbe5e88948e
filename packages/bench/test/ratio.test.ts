import { describe, expect, it } from "vitest";
import { pairedRatio } from "../src/measurements/harness/statistics.js";

describe("pairedRatio", () => {
  it("pairedRatio divides the two times of each round, not the medians", () => {
    // The machine is ten times slower in the last three rounds, for both contenders.
    const times = [2, 4, 6, 20, 40, 60];
    const reference = [1, 2, 3, 10, 20, 30];
    expect(pairedRatio(times, reference)).toEqual({ median: 2, low: 2, high: 2, supported: true });
  });

  it("pairedRatio returns the median and the 95 % interval of 9 rounds", () => {
    // Ratios 1.8, 1.9, 1.9, 2, 2, 2.1, 2.2, 2.2, 9: the median is the fifth, the bounds are the second from either end.
    const ratios = [9, 2.2, 1.8, 2, 1.9, 2.1, 1.9, 2.2, 2];
    const ratio = pairedRatio(ratios, new Array(9).fill(1));
    expect(ratio).toEqual({ median: 2, low: 1.9, high: 2.2, supported: true });
  });

  it("pairedRatio reports a ratio as not supported if its interval is wider than 30 % of the median", () => {
    // Ranks 2 and 8 of 9 values around 10: 8.5 .. 11.5 is 30 %, 8.5 .. 11.6 is more.
    const around = (high: number) => [1, 8.5, 10, 10, 10, 10, 10, high, 99];
    expect(pairedRatio(around(11.5), new Array(9).fill(1))).toMatchObject({ low: 8.5, high: 11.5, supported: true });
    expect(pairedRatio(around(11.6), new Array(9).fill(1))).toMatchObject({ low: 8.5, high: 11.6, supported: false });
  });

  it("pairedRatio throws for unequal numbers of rounds, and for fewer than 6", () => {
    expect(() => pairedRatio([1, 2, 3], [1, 2])).toThrow(new RangeError("Rounds come in pairs; there are 3 and 2"));
    expect(() => pairedRatio([1, 2, 3], [1, 2, 3])).toThrow(RangeError);
  });
});
