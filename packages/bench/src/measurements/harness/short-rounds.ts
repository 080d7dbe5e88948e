/**
 * Times two contenders in one process in many rounds of a millisecond each: a disturbance that lasts longer affects both runs of a
 * round. Garbage is left to the engine; few rounds contain a collection, so the median is unaffected.
 */
import type { Run } from "./rounds.js";
import { Stopwatch } from "./rounds.js";
import { quartiles } from "./statistics.js";

/** Medians over the rounds, in seconds per run. */
export interface PairTimes {
  readonly ours: number;
  readonly peer: number;
  /** The median over the rounds of the peer's time divided by ours. */
  readonly ratio: number;
  readonly rounds: number;
}

const SAMPLE_SECONDS = 0.001;
const LEAST_ROUNDS = 9;

/** Warms up both contenders for `warmUpSeconds` each, then runs rounds for about `seconds`; every second round begins with the peer. */
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

/** Warms `run` up; returns how often a sample has to repeat it. */
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
