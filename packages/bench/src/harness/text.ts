/** Findings as lines for people. */
import type { Environment } from "./environment.js";
import {
  type Bar,
  type ComparisonFinding,
  type Entry,
  type FigureFinding,
  type Finding,
  meets,
  type Verdict,
  verdictOn,
  type Work,
} from "./findings.js";
import { SPREAD_LIMIT } from "./ratio.js";

const GIB = 1024 ** 3;

export function environmentLine({ runtime, v8, platform, cpu, cores, memoryBytes, load, waitingLeftOut }: Environment): string {
  const memory = `${(memoryBytes / GIB).toFixed(0)} GiB`;
  const machine = `${runtime} (V8 ${v8}) on ${platform}, ${cpu}, ${cores} cores, ${memory}`;
  return `${machine}; load ${load.toFixed(1)}${waitingLeftOut ? ", waiting for a processor left out" : ""}`;
}

export function findingLines(finding: Finding): string[] {
  return finding.kind === "figure" ? [figureLine(finding)] : comparisonLines(finding);
}

function figureLine({ title, value, unit, bar }: FigureFinding): string {
  const number = value.toLocaleString("en", { maximumFractionDigits: 1 });
  return `${title}: ${number} ${unit}${bar ? `   ${barText(bar, "", meets(value, bar) ? "met" : "not met")}` : ""}`;
}

function comparisonLines({ title, work, rounds, entries }: ComparisonFinding): string[] {
  const width = Math.max(...entries.map(({ name }) => name.length));
  return [`${title} (${rounds} rounds)`, ...entries.map((entry) => `  ${entry.name.padEnd(width)}  ${entryText(entry, work)}`)];
}

function entryText({ problem, seconds, ratio, bar, ours }: Entry, work: Work): string {
  if (problem !== undefined) return `NOT COMPARED: ${problem}`;
  if (!seconds) return "";
  const time = `${timeText(seconds.median).padStart(9)}  ${rateText(work.amount / seconds.median, work.unit).padStart(14)}`;
  if (ours || !ratio) return `${time}  ours`;
  const range = `${numberText(ratio.low)} .. ${numberText(ratio.high)}`;
  const verdict = bar ? `   ${barText(bar, "x", verdictOn(ratio, bar))}` : "";
  if (!ratio.supported) return `${time}  NO RATIO: it may be ${range}, more than ${100 * SPREAD_LIMIT} % apart${verdict}`;
  return `${time}  ours is ${numberText(ratio.median).padStart(5)}x as fast (${range})${verdict}`;
}

function barText({ atLeast, atMost }: Bar, unit: string, verdict: Verdict): string {
  const limits = [
    atLeast === undefined ? "" : `at least ${numberText(atLeast)}${unit}`,
    atMost === undefined ? "" : `at most ${numberText(atMost)}${unit}`,
  ];
  return `bar: ${limits.filter((limit) => limit !== "").join(", ")}: ${verdict.toUpperCase()}`;
}

function timeText(seconds: number): string {
  if (seconds >= 1) return `${numberText(seconds)} s`;
  return seconds >= 1e-3 ? `${numberText(seconds * 1e3)} ms` : `${numberText(seconds * 1e6)} us`;
}

function rateText(perSecond: number, unit: Work["unit"]): string {
  if (unit === "bytes") return `${numberText(perSecond / 1e6)} MB/s`;
  const [scaled, prefix] = perSecond >= 1e9 ? [perSecond / 1e9, "G"] : [perSecond / 1e6, "M"];
  return `${numberText(scaled)} ${prefix} ${unit}/s`;
}

/** Three significant digits, without an exponent. */
function numberText(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
