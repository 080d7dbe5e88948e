/** The results of a scenario: comparisons, single figures and captures. */
import type { Quartiles, Ratio } from "./statistics.js";

/** Limits that the project promises to keep. */
export interface Bar {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Several ways of doing the same work; the first is ours. */
export interface ComparisonFinding {
  readonly kind: "comparison";
  readonly title: string;
  /** The amount of work in one run. */
  readonly work: Work;
  readonly rounds: number;
  /**
   * Set when each round is a process that reports the median of many short rounds: then the interval covers the differences between
   * processes.
   */
  readonly processes?: number;
  /** Whether the same build yields the same ratios in every run, even on a busy machine. `bench compare` judges only such ratios. */
  readonly repeats?: boolean;
  readonly entries: readonly Entry[];
}

export interface Work {
  readonly amount: number;
  readonly unit: "bytes" | "pages" | "blocks" | "processes";
}

export interface Entry {
  readonly name: string;
  readonly ours: boolean;
  /** Why the contender was not timed: its result is wrong, or it failed. */
  readonly problem?: string;
  readonly seconds?: Quartiles;
  /** Its time divided by ours; above 1, ours is faster. */
  readonly ratio?: Ratio;
  readonly bar?: Bar;
  /** Peak resident memory, in bytes, of the contender's own process, if it has one. */
  readonly peakBytes?: number;
}

/** One number, measured once. */
export interface FigureFinding {
  readonly kind: "figure";
  readonly title: string;
  readonly value: number;
  readonly unit: string;
  readonly bar?: Bar;
  /** The same figure for other packages, by package and version. */
  readonly others?: readonly { readonly name: string; readonly value: number }[];
  /**
   * Set when the same build on the same machine and runtime yields the same figure, and a smaller figure is better: the relative
   * difference to tolerate.
   */
  readonly repeatsWithin?: number;
}

/** One capture of a folder, examined by every reader. */
export interface CaptureFinding {
  readonly kind: "capture";
  /** Path relative to the folder. */
  readonly title: string;
  /**
   * `read`: read as expected. `refused`: an MslError that the recorded values ask for, or no values are recorded. `needs-key`:
   * encrypted, and no key is recorded. `wrong`: see `faults`.
   */
  readonly outcome: "read" | "refused" | "needs-key" | "wrong";
  /** Differences from the recorded values, and disagreements between two ways of reading. */
  readonly faults: readonly string[];
  /** Whether a NAME.json with recorded values stands next to the capture. */
  readonly recorded: boolean;
  readonly bytes: number;
  /** Code and message of the error that refused the capture. */
  readonly refusal?: { readonly code: string; readonly message: string };
  readonly measured?: CaptureMeasurements;
}

export interface CaptureMeasurements {
  readonly blocks: number;
  readonly dialect: string;
  readonly verdict: string;
  readonly deviations: number;
  readonly pages: { readonly captured: number; readonly failed: number; readonly unmapped: number };
  /** Opening with `openCapture` and closing; the file is in the page cache. */
  readonly openSeconds: Quartiles;
  readonly verifySeconds: Quartiles;
  /** The obvious reader's time divided by that of `openCapture`; missing if the obvious reader finds different blocks. */
  readonly obviousReader?: Ratio;
}

export type Finding = ComparisonFinding | FigureFinding | CaptureFinding;

export type BarResult = "met" | "not met" | "undecided";

export function meets(value: number, { atLeast, atMost }: Bar): boolean {
  return value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
}

/** A ratio that is not supported may still lie entirely on one side of the bar. */
export function verdictOn({ median, low, high, supported }: Ratio, bar: Bar): BarResult {
  const outcomes = new Set((supported ? [median] : [low, median, high]).map((value) => meets(value, bar)));
  if (outcomes.size > 1) return "undecided";
  return outcomes.has(true) ? "met" : "not met";
}

/** Whether the finding is a capture that was read wrongly. */
export function isWrong(finding: Finding): boolean {
  return finding.kind === "capture" && finding.outcome === "wrong";
}

/** The name of a peer without its version: `hash-wasm 4.13.0, block by block` becomes `hash-wasm, block by block`. */
export function withoutVersion(peer: string): string {
  return peer.replace(/ \d+\.\d+\.\d+[\w.-]*/, "");
}
