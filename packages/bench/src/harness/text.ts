/** Findings as lines for people. */
import { captureLines } from "./capture-text.js";
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
import { figureText, limitsText, numberText, rateText, timeText } from "./quantity-text.js";
import { SPREAD_LIMIT } from "./ratio.js";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

export function environmentLine(environment: Environment): string {
  const { load, waitingLeftOut } = environment;
  return `${machineText(environment)}; load ${load.toFixed(1)}${waitingLeftOut ? ", waiting for a processor left out" : ""}`;
}

export function machineText({ runtime, v8, platform, cpu, cores, memoryBytes }: Environment): string {
  const memory = `${(memoryBytes / GIB).toFixed(0)} GiB`;
  return `${runtime} (V8 ${v8}) on ${platform}, ${cpu}, ${cores} cores, ${memory}`;
}

export function findingLines(finding: Finding): string[] {
  if (finding.kind === "capture") return captureLines(finding);
  return finding.kind === "figure" ? figureLines(finding) : comparisonLines(finding);
}

function figureLines({ title, value, unit, bar, others = [] }: FigureFinding): string[] {
  const verdict = bar ? `   ${barText(bar, "", meets(value, bar) ? "met" : "not met")}` : "";
  const width = Math.max(0, ...others.map(({ name }) => name.length));
  return [
    `${title}: ${figureText(value)} ${unit}${verdict}`,
    ...others.map(
      ({ name, value: other }) => `  ${name.padEnd(width)}  ${figureText(other)} ${unit}: ${numberText(other / value)}x ours`,
    ),
  ];
}

function comparisonLines({ title, work, rounds, processes, entries }: ComparisonFinding): string[] {
  const width = Math.max(...entries.map(({ name }) => name.length));
  return [
    `${title} (${rounds} ${processes === undefined ? "rounds" : "processes"})`,
    ...entries.map((entry) => `  ${entry.name.padEnd(width)}  ${entryText(entry, work)}`),
  ];
}

function entryText(entry: Entry, work: Work): string {
  const peak = entry.peakBytes === undefined ? "" : `   process of its own, peak ${(entry.peakBytes / MIB).toFixed(0)} MiB`;
  return `${timesText(entry, work)}${peak}`;
}

function timesText({ problem, seconds, ratio, bar, ours }: Entry, work: Work): string {
  if (problem !== undefined) return `NOT COMPARED: ${problem}`;
  if (!seconds) return "";
  const time = `${timeText(seconds.median).padStart(9)}  ${rateText(work.amount / seconds.median, work.unit).padStart(14)}`;
  if (ours || !ratio) return `${time}  ours`;
  const range = `${numberText(ratio.low)} .. ${numberText(ratio.high)}`;
  const verdict = bar ? `   ${barText(bar, "x", verdictOn(ratio, bar))}` : "";
  if (!ratio.supported) return `${time}  NO RATIO: it may be ${range}, more than ${100 * SPREAD_LIMIT} % apart${verdict}`;
  return `${time}  ours is ${numberText(ratio.median).padStart(5)}x as fast (${range})${verdict}`;
}

function barText(bar: Bar, unit: string, verdict: Verdict): string {
  return `bar: ${limitsText(bar, unit)}: ${verdict.toUpperCase()}`;
}
