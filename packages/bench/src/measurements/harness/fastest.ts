/**
 * The fastest of many short runs: what the code can do when nobody interferes. Unlike a median it hardly changes on a busy machine,
 * so that a check can rely on it; it tells nothing about what users will see.
 */
import type { Run } from "./rounds.js";

/** Seconds of the fastest run of each contender. They run by turns, `rounds` times each, and before that until `warmUpSeconds` are over. */
export function fastest(contenders: readonly Run[], rounds: number, warmUpSeconds: number): number[] {
  for (const run of contenders) {
    for (let spent = 0; spent < warmUpSeconds; ) spent += secondsOf(run);
  }
  const best = contenders.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    contenders.forEach((run, i) => {
      best[i] = Math.min(best[i] ?? Number.POSITIVE_INFINITY, secondsOf(run));
    });
  }
  return best;
}

function secondsOf(run: Run): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
