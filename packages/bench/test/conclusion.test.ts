import { describe, expect, it } from "vitest";
import { conclude } from "../src/measurements/harness/conclusion.js";
import type { Bar, CaptureFinding, Finding } from "../src/measurements/harness/findings.js";

function ratio(low: number, median: number, high: number, supported: boolean, bar?: Bar): Finding {
  const entry = { name: "peer 1.2.3", ours: false, ratio: { low, median, high, supported } };
  const ours = { name: "memslice", ours: true };
  const work = { amount: 1, unit: "bytes" } as const;
  return { kind: "comparison", title: "work", work, rounds: 9, entries: [ours, bar ? { ...entry, bar } : entry] };
}

function figure(value: number, unit: string): Finding {
  return { kind: "figure", title: "figure", value, unit, bar: { atMost: 1 } };
}

const FIFTEEN = { atLeast: 15 };
const MET = ratio(15, 16, 17, true, FIFTEEN);
const WORSE = ratio(13, 14, 14.9, true, FIFTEEN);
const NEAR = ratio(14, 14.9, 16, true, FIFTEEN);
const WORSE_AND_WIDE = ratio(7, 10, 14, false, FIFTEEN);
const WIDE = ratio(14, 24, 40, false, FIFTEEN);
const WIDE_WITHOUT_BAR = ratio(1, 2, 3, false);
const NOT_MEASURED: Finding = {
  ...(MET as Finding & { kind: "comparison" }),
  entries: [{ name: "peer", ours: false, problem: "answers 41", bar: FIFTEEN }],
};
const WRONG: CaptureFinding = { kind: "capture", title: "a.msl", outcome: "wrong", faults: ["x"], recorded: true, bytes: 1 };

function statuses(...findings: readonly Finding[]): [number, number] {
  const records = [{ name: "scenario", summary: "", findings, peakBytes: 1 }];
  return [conclude(records, false).status, conclude(records, true).status];
}

function lines(...findings: readonly Finding[]): string[] {
  return [...conclude([{ name: "scenario", summary: "", findings, peakBytes: 1 }], false).lines];
}

describe("conclude", () => {
  it("a run in which every bar is met ends with status 0, with --strict too", () => {
    expect(statuses(MET, figure(1, "KB"), figure(0.5, "us"))).toEqual([0, 0]);
    expect(lines(MET, figure(1, "KB"))).toEqual(["Nothing is worse than its bar."]);
  });

  it.each([
    ["a ratio", WORSE],
    ["a ratio whose rounds differ too much", WORSE_AND_WIDE],
    ["a size", figure(1.1, "KB")],
    ["a memory", figure(1.1, "MiB")],
    ["a wrong capture", WRONG],
  ])("a run ends with status 1 for %s that is certainly worse than its bar", (_, finding) => {
    expect(statuses(MET, finding, WIDE)).toEqual([1, 1]);
    expect(lines(finding)).not.toContain("Nothing is worse than its bar.");
  });

  it.each([
    ["a ratio whose interval contains the bar", NEAR],
    ["a time above its bar", figure(1.1, "us")],
    ["a peer that was not measured", NOT_MEASURED],
  ])("a run with %s ends with status 0, and with 1 with --strict", (_, finding) => {
    expect(statuses(MET, finding, WIDE)).toEqual([0, 1]);
    expect(lines(finding)[0]).toBe("Cannot be told on this machine:");
  });

  it.each([
    ["a bar", WIDE],
    ["no bar", WIDE_WITHOUT_BAR],
  ])("a run with rounds that differ too much, and %s, ends with status 0, and with 3 with --strict", (_, finding) => {
    expect(statuses(MET, finding)).toEqual([0, 3]);
  });

  it("the last lines name every value that cannot be measured or is worse, with its range and its bar", () => {
    expect(lines(WIDE, WIDE_WITHOUT_BAR, WORSE, NEAR, figure(2, "ms"), figure(2, "KB"), NOT_MEASURED)).toEqual([
      "Cannot be told on this machine:",
      "  scenario: work, against peer 1.2.3: the rounds differ too much, 14.0 .. 40.0, bar: at least 15.0x",
      "  scenario: work, against peer 1.2.3: the rounds differ too much, 1.00 .. 3.00",
      "  scenario: work, against peer 1.2.3: 14.9, but it may be 14.0 .. 16.0, bar: at least 15.0x",
      "  scenario: figure: 2 ms, bar: at most 1.00; the bar is for the idle machine of docs/benchmarks.md",
      "  scenario: work, against peer: not measured, answers 41",
      "Worse than the bar:",
      "  scenario: work, against peer 1.2.3: 13.0 .. 14.9, bar: at least 15.0x",
      "  scenario: figure: 2 KB, bar: at most 1.00",
    ]);
  });
});
