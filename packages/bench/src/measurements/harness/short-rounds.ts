/**
 * Two contenders in many rounds of a millisecond each, in one process: what disturbs a machine for longer disturbs both of a pair.
 * Garbage is left to the engine; a pair that holds a collection is one of many, and the median does not see it.
 */
import type { Run } from "./rounds.js";
import { Stopwatch } from "./rounds.js";
import { quartiles } from "./statistics.js";

/** The medians of the rounds; seconds per run. */
export interface PairTimes {
  readonly ours: number;
  readonly peer: number;
  /** The median of the ratios within a round: a peer's time in times ours. */
  readonly ratio: number;
  readonly rounds: number;
}

const SAMPLE_SECONDS = 0.001;
const LEAST_ROUNDS = 9;

/** Runs both for `warmUpSeconds` each, then rounds for about `seconds`; every second round begins with the peer. */
export function timePairs(ours: Run, peer: Run, warmUpSeconds: number, seconds: number): PairTimes {
  const [ourRepeats, peerRepeats] = [ours, peer].map((run) => repeatsFor(run, warmUpSeconds));
  const times: { readonly ours: number[]; readonly peer: number[] } = { ours: [], peer: [] };
  const end = now() + seconds;
  for (let round = 0; round < LEAST_ROUNDS || now() < end; round++) {
    if (round % 2 === 0) times.ours.push(timePerRun(ours, ourRepeats ?? 1));
    times.peer.push(timePerRun(peer, peerRepeats ?? 1));
    if (round % 2 === 1) times.ours.push(timePerRun(ours, ourRepeats ?? 1));
  }
  const ratios = times.peer.map((time, round) => time / (times.ours[round] ?? Number.NaN));
  const [oursMedian, peerMedian, ratio] = [times.ours, times.peer, ratios].map((values) => quartiles(values).median);
  return { ours: oursMedian ?? 0, peer: peerMedian ?? 0, ratio: ratio ?? 0, rounds: ratios.length };
}

/** How often to repeat `run` in a sample, found while it warms up. */
function repeatsFor(run: Run, warmUpSeconds: number): number {
  let shortest = Number.POSITIVE_INFINITY;
  const end = now() + warmUpSeconds;
  do shortest = Math.min(shortest, timePerRun(run, 1));
  while (now() < end);
  return Math.max(1, Math.round(SAMPLE_SECONDS / shortest));
}

function timePerRun(run: Run, repeats: number): number {
  const watch = new Stopwatch();
  for (let i = 0; i < repeats; i++) run();
  return watch.seconds() / repeats;
}

function now(): number {
  return performance.now() / 1000;
}
