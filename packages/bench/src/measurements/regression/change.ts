/**
 * Decides whether a ratio to a peer has changed between two builds by more than runs of the same build differ. A factor is our new
 * speed relative to the peer divided by the old one: 0.8 is slower.
 */
import type { Ratio } from "../harness/statistics.js";

/** Ratios of the same build were measured to differ by up to 4 % between runs; a change within this tolerance counts as none. */
const TOLERANCE = 0.07;
/** A run is precise enough to be judged if it would reveal that our code takes this much longer. */
const SLOWDOWN_TO_SEE = 0.2;

export type Judgement = "slower" | "faster" | "same" | "undecided";

export interface Change {
  readonly factor: number;
  /** Bounds of the factor, with about 95 % confidence. */
  readonly low: number;
  readonly high: number;
  readonly judgement: Judgement;
}

/** The quotient of two ratios. The uncertainties are combined as those of independent errors, on a logarithmic scale. */
export function changeOf(base: Ratio, head: Ratio): Change {
  const factor = head.median / base.median;
  const low = factor / Math.exp(Math.hypot(Math.log(head.median / head.low), Math.log(base.high / base.median)));
  const high = factor * Math.exp(Math.hypot(Math.log(head.high / head.median), Math.log(base.median / base.low)));
  return { factor, low, high, judgement: judge(low, high) };
}

/**
 * `slower` or `faster` if the whole interval lies beyond the tolerance. `undecided` if it does not, and the interval includes a
 * slow-down of `SLOWDOWN_TO_SEE`.
 */
function judge(low: number, high: number): Judgement {
  if (high < 1 - TOLERANCE) return "slower";
  if (low > 1 + TOLERANCE) return "faster";
  return low <= 1 / (1 + SLOWDOWN_TO_SEE) ? "undecided" : "same";
}

/**
 * The change of a figure that repeats within a known relative difference; smaller is better. Both figures may deviate by that
 * difference.
 */
export function figureChange(base: number, head: number, repeatsWithin: number): Change {
  const [factor, allowed] = [base / head, 2 * repeatsWithin];
  const judgement = head > base * (1 + allowed) ? "slower" : head < base * (1 - allowed) ? "faster" : "same";
  return { factor, low: factor * (1 - allowed), high: factor * (1 + allowed), judgement };
}

/** The judgement of more than half of the pairs of runs, else `undecided`. */
export function majority(judgements: readonly Judgement[]): Judgement {
  const said = (which: Judgement) => judgements.filter((judgement) => judgement === which).length;
  return (["slower", "faster", "same"] as const).find((which) => 2 * said(which) > judgements.length) ?? "undecided";
}
