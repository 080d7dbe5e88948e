/**
 * Whether a ratio to a peer has changed from one build to another by more than runs of the same build do. All factors are those by
 * which ours became faster relative to the peer: 0.8 is slower.
 */
import type { Ratio } from "../harness/statistics.js";

/** Ratios of the same build differ by up to 4 % between runs, measured; a change within this part is none. */
const TOLERANCE = 0.07;
/** A run is precise enough to be judged if it would show that ours takes this much longer. */
const SLOWDOWN_TO_SEE = 0.2;

export type Judgement = "slower" | "faster" | "same" | "undecided";

export interface Change {
  readonly factor: number;
  /** Where the factor lies with about 95 % confidence. */
  readonly low: number;
  readonly high: number;
  readonly judgement: Judgement;
}

/** The quotient of two ratios. Its uncertainty is that of both, joined as independent errors are, on a scale of logarithms. */
export function changeOf(base: Ratio, head: Ratio): Change {
  const factor = head.median / base.median;
  const low = factor / Math.exp(Math.hypot(Math.log(head.median / head.low), Math.log(base.high / base.median)));
  const high = factor * Math.exp(Math.hypot(Math.log(head.high / head.median), Math.log(base.median / base.low)));
  return { factor, low, high, judgement: judge(low, high) };
}

/**
 * Slower or faster: the whole interval lies beyond the tolerance. Undecided: it is neither, and the interval holds the slow-down that a
 * comparison is there to see.
 */
function judge(low: number, high: number): Judgement {
  if (high < 1 - TOLERANCE) return "slower";
  if (low > 1 + TOLERANCE) return "faster";
  return low <= 1 / (1 + SLOWDOWN_TO_SEE) ? "undecided" : "same";
}

/** The same for a figure that repeats within a known part of itself, less being better. Either may be off by that part. */
export function figureChange(base: number, head: number, repeatsWithin: number): Change {
  const [factor, allowed] = [base / head, 2 * repeatsWithin];
  const judgement = head > base * (1 + allowed) ? "slower" : head < base * (1 - allowed) ? "faster" : "same";
  return { factor, low: factor * (1 - allowed), high: factor * (1 + allowed), judgement };
}

/** Of several pairs of runs: what more than half of them say. */
export function majority(judgements: readonly Judgement[]): Judgement {
  const said = (which: Judgement) => judgements.filter((judgement) => judgement === which).length;
  return (["slower", "faster", "same"] as const).find((which) => 2 * said(which) > judgements.length) ?? "undecided";
}
