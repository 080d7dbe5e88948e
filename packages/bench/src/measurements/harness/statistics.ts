/** Medians, quartiles and the confidence interval of a median, from repeated measurements. */

export interface Quartiles {
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The probability with which an interval may miss the true median. */
const MISSES = 0.05;

/** The quartiles by linear interpolation between the closest ranks. Throws a `RangeError` without values. */
export function quartiles(values: readonly number[]): Quartiles {
  const sorted = ascending(values);
  return { q1: quantile(sorted, 0.25), median: quantile(sorted, 0.5), q3: quantile(sorted, 0.75) };
}

/**
 * The 95 % confidence interval of the true median, for any distribution: it lies between the values of two ranks, since the number of
 * values below the median is binomially distributed. Throws a `RangeError` for fewer than 6 values, which cannot reach that confidence.
 */
export function medianInterval(values: readonly number[]): Interval {
  const sorted = ascending(values);
  const low = sorted[intervalRank(sorted.length)];
  const high = sorted[sorted.length - 1 - intervalRank(sorted.length)];
  if (low === undefined || high === undefined) throw new RangeError(`A median cannot be told from ${values.length} values`);
  return { low, high };
}

/**
 * The highest rank, counted from 0, whose value exceeds the true median with at most half of the probability `MISSES`; -1 if there is
 * none.
 */
function intervalRank(count: number): number {
  let rank = -1;
  let ways = 1;
  let chance = 2 ** -count;
  while (chance <= MISSES / 2) {
    rank++;
    ways *= (count - rank) / (rank + 1);
    chance += ways * 2 ** -count;
  }
  return rank;
}

function quantile(sorted: readonly number[], fraction: number): number {
  const rank = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(rank)];
  const above = sorted[Math.ceil(rank)];
  if (below === undefined || above === undefined) throw new RangeError("There are no values to take quartiles of");
  return below + (above - below) * (rank - Math.floor(rank));
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

/** The largest width of the interval, as a fraction of the median, with which a ratio is supported. */
export const SPREAD_LIMIT = 0.3;

/** The median of the rounds, and its 95 % confidence interval. */
export interface Ratio extends Interval {
  readonly median: number;
  /** False if the rounds differ too much for the ratio to be reported. */
  readonly supported: boolean;
}

/**
 * `times[i] / reference[i]` over all rounds: what slows a machine down for a while slows down both values of a round. Throws a
 * `RangeError` unless both have the same number of rounds, at least 6.
 */
export function pairedRatio(times: readonly number[], reference: readonly number[]): Ratio {
  if (times.length !== reference.length) {
    throw new RangeError(`Rounds come in pairs; there are ${times.length} and ${reference.length}`);
  }
  return ratioFrom(times.map((time, round) => time / (reference[round] ?? Number.NaN)));
}

/** The median of ratios that were measured independently, and its confidence interval. Throws a `RangeError` for fewer than 6 ratios. */
export function ratioFrom(ratios: readonly number[]): Ratio {
  const interval = medianInterval(ratios);
  const { median } = quartiles(ratios);
  return { median, ...interval, supported: (interval.high - interval.low) / median <= SPREAD_LIMIT };
}
