import { describe, expect, it } from "vitest";
import { type Comparison, compare } from "../src/measurements/harness/compare.js";
import type { Finding } from "../src/measurements/harness/findings.js";
import { findingLines } from "../src/measurements/harness/text.js";

const PACE = { rounds: 6, attempts: 1, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 };

function answering(answers: Record<string, () => number>): Comparison<number> {
  const [ours, ...peers] = Object.entries(answers).map(([name, run]) => ({ name, run }));
  if (!ours) throw new Error("nobody answers");
  const check = (answer: number) => (answer === 42 ? undefined : `answers ${answer}, not 42`);
  return { title: "an answer", work: { amount: 1, unit: "pages" }, ours, peers, check };
}

describe("compare", () => {
  it("compare reports a peer whose result is wrong or that throws, and does not time it", async () => {
    let runs = 0;
    const failing = () => {
      throw new Error("no answer");
    };
    const wrong = () => {
      runs++;
      return 41;
    };
    const finding = await compare(answering({ ours: () => 42, wrong, failing, right: () => 42 }), PACE);
    expect(finding.entries.map(({ name, ours, problem }) => [name, ours, problem])).toEqual([
      ["ours", true, undefined],
      ["wrong", false, "answers 41, not 42"],
      ["failing", false, "failed: no answer"],
      ["right", false, undefined],
    ]);
    expect(runs).toBe(1);
    expect(finding.entries[1]).not.toHaveProperty("seconds");
    expect(finding.entries[3]).toHaveProperty("ratio");
    expect(findingLines(finding).join("\n")).toContain("wrong    NOT COMPARED: answers 41, not 42");
  });

  it("compare throws before timing if our own result is wrong", async () => {
    await expect(compare(answering({ ours: () => 1, peer: () => 42 }), PACE)).rejects.toThrow(
      "an answer: ours: answers 1, not 42",
    );
  });

  it("compare prepares every run of a contender, and does not time the preparation", async () => {
    let prepared = 0;
    const ours = {
      name: "ours",
      prepare: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        prepared++;
      },
      run: () => 41 + prepared--,
    };
    const finding = await compare({ ...answering({ ours: () => 42, peer: () => 42 }), ours }, PACE);
    expect(finding.entries[0]?.seconds?.median).toBeLessThan(0.01);
    expect(prepared).toBe(0);
  });

  it("compare awaits results, and begins each round with a different contender", async () => {
    const log: string[] = [];
    const answer = (name: string) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      log.push(name);
      return 42;
    };
    const comparison = answering({ a: () => 42, b: () => 42, c: () => 42 });
    const [a, b, c] = ["a", "b", "c"].map((name) => ({ name, run: answer(name) }));
    if (!a || !b || !c) throw new Error("three names");
    const finding = await compare({ ...comparison, ours: a, peers: [b, c] }, PACE);
    expect(finding.entries.every(({ seconds }) => (seconds?.median ?? 0) > 0.001)).toBe(true);
    // One check and two runs of warm-up for each contender.
    expect(log.slice(0, 9).join("")).toBe("abcaabbcc");
    // A lead-in run that is not timed precedes each sample.
    expect(log.slice(9, 33).join("")).toBe("aabbccbbccaaccaabbaabbcc");
  });
});

describe("findings", () => {
  const entry = { name: "peer", ours: false, seconds: { q1: 2, median: 2, q3: 2 } };
  const withRatio = (median: number, supported: boolean, low = 0, high = 20): Finding => ({
    kind: "comparison",
    title: "work",
    work: { amount: 1, unit: "bytes" },
    rounds: 9,
    entries: [{ ...entry, ratio: { median, low, high, supported }, bar: { atLeast: 15 } }],
  });
  const text = (finding: Finding) => findingLines(finding).join("\n");

  it("the text of a finding says whether a ratio meets its bar", () => {
    expect(text(withRatio(15, true))).toMatch(/ours is {2}15\.0x as fast \(0\.00 \.\. 20\.0\) {3}bar: at least 15\.0x: MET/);
    expect(text(withRatio(14.9, true))).toMatch(/bar: at least 15\.0x: NOT MET/);
  });

  it("the text of a finding has no unsupported ratio, but says on which side of the bar the ratio certainly lies", () => {
    const above = withRatio(24, false, 16, 40);
    const around = withRatio(24, false, 14, 40);
    const below = withRatio(10, false, 7, 14);
    for (const finding of [above, around, below]) expect(text(finding)).toContain("NO RATIO: it may be");
    for (const finding of [above, around, below]) expect(text(finding)).not.toMatch(/24|as fast/);
    expect(text(above)).toMatch(/: MET$/);
    expect(text(around)).toMatch(/: UNDECIDED$/);
    expect(text(below)).toMatch(/: NOT MET$/);
  });
});
