/** How many times as long one contender takes as another, from rounds in which both ran. */
import { type Interval, medianInterval, quartiles } from "./statistics.js";

/** A median that is not known more exactly than to this fraction of itself supports no statement. */
export const SPREAD_LIMIT = 0.3;

/** The median of the rounds, and where it lies with 95 % confidence. */
export interface Ratio extends Interval {
  readonly median: number;
  /** False: the rounds disagree too much for the ratio to be reported. */
  readonly supported: boolean;
}

/**
 * `times[i] / reference[i]` over all rounds: what slows a machine down for a while slows down both of a pair.
 * Throws a `RangeError` unless both have the same number of rounds, at least 6.
 */
export function pairedRatio(times: readonly number[], reference: readonly number[]): Ratio {
  if (times.length !== reference.length) {
    throw new RangeError(`Rounds come in pairs; there are ${times.length} and ${reference.length}`);
  }
  return ratioFrom(times.map((time, round) => time / (reference[round] ?? Number.NaN)));
}

/** The median of ratios that were each found by themselves, and how well it is known. Throws a `RangeError` for fewer than 6. */
export function ratioFrom(ratios: readonly number[]): Ratio {
  const interval = medianInterval(ratios);
  const { median } = quartiles(ratios);
  return { median, ...interval, supported: (interval.high - interval.low) / median <= SPREAD_LIMIT };
}
