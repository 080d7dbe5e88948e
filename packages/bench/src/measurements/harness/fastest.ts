/**
 * The fastest of many short runs: the speed of the code when nothing else disturbs it. Unlike a median it hardly changes on a busy
 * machine, so an automatic check can rely on it. It does not predict the times that users see.
 */
import type { Run } from "./rounds.js";

/**
 * Seconds of the fastest run of each contender. All contenders run in turn, first until `warmUpSeconds` have passed, then `rounds`
 * times each.
 */
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
