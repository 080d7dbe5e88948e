/** What a scenario finds: comparisons and single figures. */
import type { Ratio } from "./ratio.js";
import type { Quartiles } from "./statistics.js";

/** What the project promises. */
export interface Bar {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Several ways of doing the same work; the first is ours. */
export interface ComparisonFinding {
  readonly kind: "comparison";
  readonly title: string;
  /** How much one run works on. */
  readonly work: Work;
  readonly rounds: number;
  readonly entries: readonly Entry[];
}

export interface Work {
  readonly amount: number;
  readonly unit: "bytes" | "pages" | "blocks";
}

export interface Entry {
  readonly name: string;
  readonly ours: boolean;
  /** Why it was not timed: its result is wrong, or it failed. */
  readonly problem?: string;
  readonly seconds?: Quartiles;
  /** Its time in times ours; above 1, ours is faster. */
  readonly ratio?: Ratio;
  readonly bar?: Bar;
}

/** One number that no rounds are needed for. */
export interface FigureFinding {
  readonly kind: "figure";
  readonly title: string;
  readonly value: number;
  readonly unit: string;
  readonly bar?: Bar;
}

export type Finding = ComparisonFinding | FigureFinding;

export type Verdict = "met" | "not met" | "undecided";

export function meets(value: number, { atLeast, atMost }: Bar): boolean {
  return value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
}

/** A ratio that is not supported may still lie on one side of the bar for certain. */
export function verdictOn({ median, low, high, supported }: Ratio, bar: Bar): Verdict {
  const outcomes = new Set((supported ? [median] : [low, median, high]).map((value) => meets(value, bar)));
  if (outcomes.size > 1) return "undecided";
  return outcomes.has(true) ? "met" : "not met";
}

/** Whether some ratio of the finding could not be told. */
export function isInconclusive(finding: Finding): boolean {
  return finding.kind === "comparison" && finding.entries.some(({ ratio }) => ratio?.supported === false);
}

/** Whether the finding has a bar that is not met for certain; what was not measured meets none. */
export function missesBar(finding: Finding): boolean {
  if (finding.kind === "figure") return finding.bar !== undefined && !meets(finding.value, finding.bar);
  return finding.entries.some(({ bar, ratio }) => bar !== undefined && (!ratio || verdictOn(ratio, bar) !== "met"));
}
