import { describe, expect, it } from "vitest";
import { Random } from "../src/captures/random.js";
import type { Ratio } from "../src/measurements/harness/statistics.js";
import { ratioFrom } from "../src/measurements/harness/statistics.js";
import { changeOf, figureChange, majority } from "../src/measurements/regression/change.js";

const ratio = (median: number, low = median, high = median): Ratio => ({ median, low, high, supported: true });

describe("changeOf", () => {
  it("changeOf returns the quotient of both ratios and combines their uncertainties", () => {
    // 3-4-5 triangle: uncertainties ln(high / median) of 3 % and 4 % combine to 5 %.
    const base = ratio(2, 2 * Math.exp(-0.03), 2 * Math.exp(0.03));
    const head = ratio(3, 3 * Math.exp(-0.04), 3 * Math.exp(0.04));
    const { factor, low, high } = changeOf(base, head);
    expect(factor).toBe(1.5);
    expect(Math.log(high / 1.5)).toBeCloseTo(0.05, 10);
    expect(Math.log(1.5 / low)).toBeCloseTo(0.05, 10);
  });

  it("changeOf combines the lower bound of the head with the upper bound of the base", () => {
    // The head may be lower and the base higher, which both lower the quotient. The other bounds are exact.
    const { low, high } = changeOf(ratio(1, 1, Math.exp(0.03)), ratio(1, Math.exp(-0.04), 1));
    expect(Math.log(low)).toBeCloseTo(-0.05, 10);
    expect(high).toBe(1);
  });

  it.each([
    ["ratios that mean a fifth more time", ratio(1), ratio(1 / 1.2), "slower"],
    ["a change within the tolerance", ratio(1), ratio(0.94), "same"],
    ["a change whose interval reaches into the tolerance", ratio(1), ratio(0.9, 0.88, 0.94), "same"],
    ["a change whose interval lies beyond the tolerance", ratio(1), ratio(0.9, 0.88, 0.92), "slower"],
    ["a change that may be nothing or a fifth", ratio(1), ratio(0.9, 0.8, 1), "undecided"],
    ["no change, but wide intervals", ratio(1, 0.8, 1.3), ratio(1, 0.8, 1.3), "undecided"],
    ["ratios that mean less time", ratio(1), ratio(1.2), "faster"],
  ])("changeOf judges %s", (_, base, head, judgement) => {
    expect(changeOf(base, head).judgement).toBe(judgement);
  });

  /** Ratios as processes yield them: they vary by 2 %, and one process in twenty was disturbed by up to half. */
  function run(random: Random, truth: number): Ratio {
    const uniform = () => random.u32() / 2 ** 32;
    const ratios = Array.from({ length: 9 }, () => {
      const scatter = 1 + 0.02 * (uniform() + uniform() + uniform() - 1.5) * 2;
      return truth * scatter * (random.oneIn(20) ? 1 + uniform() / 2 : 1);
    });
    return ratioFrom(ratios);
  }

  it("changeOf finds a fifth more time in nearly all runs, and no change between equal builds", () => {
    const random = new Random(5);
    const tally = { slower: 0, faster: 0, same: 0, undecided: 0 };
    const slowed = { ...tally };
    for (let i = 0; i < 1000; i++) {
      tally[changeOf(run(random, 2.7), run(random, 2.7)).judgement]++;
      slowed[changeOf(run(random, 2.7), run(random, 2.7 / 1.2)).judgement]++;
    }
    expect(tally.slower).toBeLessThanOrEqual(1);
    expect(tally.same).toBeGreaterThan(900);
    expect(slowed.slower).toBeGreaterThan(900);
    expect(slowed.same).toBeLessThanOrEqual(10);
  });
});

/**
 * Median, low and high of BLAKE3 against hash-wasm 4.13.0 in runs of `kernels --quick`, on two cores with a load of 8 to 13. SLOWED:
 * runs of a build that hashes every fifth group of five chunks twice.
 */
const SAME_BUILD: readonly Recorded[] = [
  [2.6704, 2.5804, 2.7814],
  [2.726, 2.6911, 2.8285],
  [2.7121, 2.623, 2.7715],
  [2.7735, 2.6761, 2.8391],
  [2.6958, 2.6049, 2.7761],
  [2.7064, 2.6203, 2.8443],
  [2.7325, 2.6765, 2.8041],
  [2.7046, 2.6399, 2.8109],
  [2.7085, 2.6062, 2.7601],
  [2.6723, 2.5128, 2.7543],
];
const SLOWED: readonly Recorded[] = [
  [2.2505, 2.196, 2.2998],
  [2.2954, 2.2697, 2.3318],
  [2.2605, 2.1678, 2.3466],
  [2.2634, 2.198, 2.3101],
  [2.2945, 2.2563, 2.3223],
];
type Recorded = readonly [median: number, low: number, high: number];

describe("changeOf with recorded runs", () => {
  const judged = (bases: readonly Recorded[], heads: readonly Recorded[]) =>
    new Set(bases.flatMap((base) => heads.map((head) => changeOf(ratio(...base), ratio(...head)).judgement)));

  it("changeOf judges any two runs of one build to be the same", () => {
    expect(judged(SAME_BUILD, SAME_BUILD)).toEqual(new Set(["same"]));
    expect(judged(SLOWED, SLOWED)).toEqual(new Set(["same"]));
  });

  it("changeOf finds that a build takes a fifth more time, from any two runs", () => {
    expect(judged(SAME_BUILD, SLOWED)).toEqual(new Set(["slower"]));
    expect(judged(SLOWED, SAME_BUILD)).toEqual(new Set(["faster"]));
  });
});

describe("figureChange", () => {
  it("figureChange tolerates twice the relative difference with which one figure repeats", () => {
    const judged = [102, 103, 98, 97].map((head) => figureChange(100, head, 0.01).judgement);
    expect(judged).toEqual(["same", "slower", "same", "faster"]);
  });
});

describe("majority", () => {
  it("majority is undecided unless more than half of the pairs agree", () => {
    expect(majority(["slower"])).toBe("slower");
    expect(majority(["slower", "same"])).toBe("undecided");
    expect(majority(["slower", "undecided", "slower"])).toBe("slower");
    expect(majority(["slower", "same", "same"])).toBe("same");
    expect(majority(["slower", "same", "undecided"])).toBe("undecided");
  });
});
