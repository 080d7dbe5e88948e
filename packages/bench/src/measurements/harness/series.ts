/**
 * A run as other tools read it that draw values over time: github-action-benchmark (`customSmallerIsBetter`, `customBiggerIsBetter`: a list
 * of entries with name, unit and value) and Bencher (Bencher Metric Format: an object of benchmarks, each an object of measures).
 */
import type { BenchDocument } from "./document.js";
import { type Entry, type Finding, withoutVersion } from "./findings.js";
import type { Quartiles } from "./statistics.js";
import { machineText } from "./text.js";

/** One value of a run. `low` and `high`: quartiles of times, the confidence interval of a ratio. */
interface Value {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly smallerIsBetter: boolean;
}

export interface SeriesEntry {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** The range of the value, for people. */
  readonly range?: string;
  /** The machine: values of different machines make no series. */
  readonly extra: string;
}

interface Metric {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}

/** The factor to the unit of a measure that Bencher knows, and the slug of that measure. */
const MEASURES: Readonly<Record<string, { readonly measure: string; readonly factor: number }>> = {
  ms: { measure: "latency", factor: 1e6 },
  us: { measure: "latency", factor: 1e3 },
  KB: { measure: "file-size", factor: 1e3 },
  KiB: { measure: "file-size", factor: 1024 },
  MiB: { measure: "memory", factor: 1024 ** 2 },
  x: { measure: "speed-ratio", factor: 1 },
  "%": { measure: "percent", factor: 1 },
};

/** Times of ours in ms, and figures of which less is better. */
export function smallerIsBetter(document: BenchDocument): SeriesEntry[] {
  return seriesEntries(document, true);
}

/** Ratios to peers: how many times as fast as the peer ours is. Ratios that are not supported are left out. */
export function biggerIsBetter(document: BenchDocument): SeriesEntry[] {
  return seriesEntries(document, false);
}

/** All values of a run: by the name of the value, then by the slug of its measure. Latencies are nanoseconds, sizes and memory bytes. */
export function bencherMetrics(document: BenchDocument): Record<string, Record<string, Metric>> {
  const metrics: Record<string, Record<string, Metric>> = {};
  for (const { name, unit, value, low, high } of valuesOf(document)) {
    const { measure, factor } = MEASURES[unit] ?? { measure: slug(unit), factor: 1 };
    metrics[name] = {
      ...metrics[name],
      [measure]: {
        value: value * factor,
        ...(low !== undefined && { lower_value: low * factor }),
        ...(high !== undefined && { upper_value: high * factor }),
      },
    };
  }
  return metrics;
}

function seriesEntries(document: BenchDocument, smaller: boolean): SeriesEntry[] {
  const extra = machineText(document.environment);
  return valuesOf(document)
    .filter(({ smallerIsBetter }) => smallerIsBetter === smaller)
    .map(({ name, unit, value, low, high }) => ({
      name,
      unit,
      value,
      ...(low !== undefined && high !== undefined && { range: `${low} .. ${high}` }),
      extra,
    }));
}

function valuesOf({ scenarios }: BenchDocument): Value[] {
  return scenarios.flatMap(({ name, findings }) => findings.flatMap((finding) => valuesIn(name, finding)));
}

function valuesIn(scenario: string, finding: Finding): Value[] {
  const title = `${scenario}: ${finding.title}`;
  if (finding.kind === "figure") {
    const { value, unit, bar } = finding;
    return [{ name: title, unit, value, smallerIsBetter: unit !== "x" && bar?.atLeast === undefined }];
  }
  if (finding.kind === "comparison") return finding.entries.flatMap((entry) => entryValues(title, entry));
  const { measured } = finding;
  if (!measured) return [];
  return [milliseconds(`${title}: opening`, measured.openSeconds), milliseconds(`${title}: verifying`, measured.verifySeconds)];
}

function entryValues(title: string, { name, ours, seconds, ratio }: Entry): Value[] {
  if (ours) return seconds ? [milliseconds(title, seconds)] : [];
  if (!ratio?.supported) return [];
  const { median, low, high } = ratio;
  return [{ name: `${title}, against ${withoutVersion(name)}`, unit: "x", value: median, low, high, smallerIsBetter: false }];
}

function milliseconds(name: string, { q1, median, q3 }: Quartiles): Value {
  return { name, unit: "ms", value: 1e3 * median, low: 1e3 * q1, high: 1e3 * q3, smallerIsBetter: true };
}

/** A unit as the name of a measure: lower case, with hyphens. */
function slug(unit: string): string {
  return (
    unit
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "value"
  );
}
