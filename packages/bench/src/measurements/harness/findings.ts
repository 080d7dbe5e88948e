/** What a scenario finds: comparisons and single figures. */
import type { Quartiles, Ratio } from "./statistics.js";

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
  /** Set where each round is the median of many in a process of its own: what differs from process to process is in the interval. */
  readonly processes?: number;
  /** Whether runs of the same build yield the same ratios, however busy the machine: then `bench compare` judges them. */
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
  /** Why it was not timed: its result is wrong, or it failed. */
  readonly problem?: string;
  readonly seconds?: Quartiles;
  /** Its time in times ours; above 1, ours is faster. */
  readonly ratio?: Ratio;
  readonly bar?: Bar;
  /** Peak resident memory of the process of its own that it ran in; in bytes. */
  readonly peakBytes?: number;
}

/** One number that no rounds are needed for. */
export interface FigureFinding {
  readonly kind: "figure";
  readonly title: string;
  readonly value: number;
  readonly unit: string;
  readonly bar?: Bar;
  /** The same figure of others, by package and version. */
  readonly others?: readonly { readonly name: string; readonly value: number }[];
  /** Set where the same build on the same machine and runtime yields the same figure, less being better: by what part it may differ. */
  readonly repeatsWithin?: number;
}

/** One capture of a folder, read in every way. */
export interface CaptureFinding {
  readonly kind: "capture";
  /** Its path in the folder. */
  readonly title: string;
  /** `read`: as it should be; `refused`: with an MslError, as recorded or for want of a record; `needs-key`: none is recorded; `wrong`: see `faults`. */
  readonly outcome: "read" | "refused" | "needs-key" | "wrong";
  /** What is not as recorded, or on what two ways of reading it do not agree. */
  readonly faults: readonly string[];
  /** Whether a NAME.json with expected values stood beside it. */
  readonly recorded: boolean;
  readonly bytes: number;
  /** Code and message where the capture was not read. */
  readonly refusal?: { readonly code: string; readonly message: string };
  readonly measured?: CaptureMeasurements;
}

export interface CaptureMeasurements {
  readonly blocks: number;
  readonly dialect: string;
  readonly verdict: string;
  readonly deviations: number;
  readonly pages: { readonly captured: number; readonly failed: number; readonly unmapped: number };
  /** `openCapture` and closing, file in page cache. */
  readonly openSeconds: Quartiles;
  readonly verifySeconds: Quartiles;
  /** The obvious reader's time in times `openCapture`'s; missing where it does not find the same blocks. */
  readonly obviousReader?: Ratio;
}

export type Finding = ComparisonFinding | FigureFinding | CaptureFinding;

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
  if (finding.kind === "capture") return false;
  return finding.entries.some(({ bar, ratio }) => bar !== undefined && (!ratio || verdictOn(ratio, bar) !== "met"));
}

/** Whether a capture is not read as it should be. */
export function isWrong(finding: Finding): boolean {
  return finding.kind === "capture" && finding.outcome === "wrong";
}
