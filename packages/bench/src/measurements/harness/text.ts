/** Findings as lines of text for the terminal. */
import type { Environment } from "./environment.js";
import {
  type Bar,
  type BarResult,
  type CaptureFinding,
  type CaptureMeasurements,
  type ComparisonFinding,
  type Entry,
  type FigureFinding,
  type Finding,
  meets,
  verdictOn,
  type Work,
} from "./findings.js";
import { type Ratio, SPREAD_LIMIT } from "./statistics.js";

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

function barText(bar: Bar, unit: string, verdict: BarResult): string {
  return `bar: ${limitsText(bar, unit)}: ${verdict.toUpperCase()}`;
}

/** Seconds with the unit that fits: s, ms or us. */
export function timeText(seconds: number): string {
  if (seconds >= 1) return `${numberText(seconds)} s`;
  return seconds >= 1e-3 ? `${numberText(seconds * 1e3)} ms` : `${numberText(seconds * 1e6)} us`;
}

export function rateText(perSecond: number, unit: Work["unit"]): string {
  if (unit === "bytes") return `${numberText(perSecond / 1e6)} MB/s`;
  if (unit === "processes") return `${numberText(perSecond)} /s`;
  const [scaled, prefix] = perSecond >= 1e9 ? [perSecond / 1e9, "G"] : [perSecond / 1e6, "M"];
  return `${numberText(scaled)} ${prefix} ${unit}/s`;
}

/** Such as `at least 1.20x`. */
export function limitsText({ atLeast, atMost }: Bar, unit: string): string {
  const limits = [
    atLeast === undefined ? "" : `at least ${numberText(atLeast)}${unit}`,
    atMost === undefined ? "" : `at most ${numberText(atMost)}${unit}`,
  ];
  return limits.filter((limit) => limit !== "").join(", ");
}

/** Three significant digits, without an exponent. */
export function numberText(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Integers in full, small numbers with three significant digits, others with one decimal. */
export function figureText(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return value.toLocaleString(
    "en",
    Math.abs(value) < 10 ? { minimumSignificantDigits: 3, maximumSignificantDigits: 3 } : { maximumFractionDigits: 1 },
  );
}

/** Width of the column of paths in lines about captures. */
const TITLE_WIDTH = 36;

/** Control characters of paths and messages are removed: a terminal would act on them. */
function captureLines(finding: CaptureFinding): string[] {
  const { title, bytes, measured, faults, recorded } = finding;
  const rest = measured ? measurementsText(measured, bytes) : refusalText(finding);
  const line = `${title.padEnd(TITLE_WIDTH)} ${String(bytes).padStart(11)} B  ${rest}${recorded ? "" : " (no recorded values)"}`;
  return [line, ...faults.map((fault) => `    WRONG: ${fault}`)].map((text) => text.replace(/\p{Cc}/gu, ""));
}

function refusalText({ outcome, refusal }: CaptureFinding): string {
  return refusal ? `${outcome}: ${refusal.code}: ${refusal.message}` : outcome;
}

function measurementsText(measured: CaptureMeasurements, bytes: number): string {
  const { blocks, dialect, verdict, deviations, pages, openSeconds, verifySeconds, obviousReader } = measured;
  return [
    `${String(blocks).padStart(6)} blocks`,
    dialect.padEnd(19),
    verdict.padEnd(30),
    `${String(deviations).padStart(3)} deviations`,
    `${pages.captured}+${pages.failed}+${pages.unmapped} pages`,
    `open ${(openSeconds.median * 1e6).toFixed(0)} us (${ratioText(obviousReader)})`,
    `verify ${(bytes / verifySeconds.median / 1e6).toFixed(0)} MB/s`,
  ].join("  ");
}

/** The obvious reader's time divided by ours. */
function ratioText(ratio: Ratio | undefined): string {
  if (!ratio) return "the obvious reader fails";
  return ratio.supported ? `${ratio.median.toFixed(2)}x` : `${ratio.low.toFixed(2)} .. ${ratio.high.toFixed(2)}x`;
}
