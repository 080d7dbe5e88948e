/** Times contenders in interleaved rounds. */

import { openSync, readSync } from "node:fs";
import { platform } from "node:os";
import { collectGarbage } from "./garbage.js";

export type Run = () => unknown;

/** One that is timed: in this process, or by another one that does its work and tells how long it took. */
export interface Timed {
  run: Run;
  /** Seconds per run, of so many runs in a process of its own. */
  readonly timeElsewhere?: (repeats: number) => Promise<number>;
}

export interface Pace {
  readonly rounds: number;
  /** How many times that many rounds are run at most, while their ratios are not supported. */
  readonly attempts: number;
  /** Each contender runs at least this long before it counts: engines optimise code that has run for a while. */
  readonly warmUpSeconds: number;
  /** And this long, once at least, before each sample: collecting garbage makes engines drop optimised code. */
  readonly leadInSeconds: number;
  /** Short work is repeated until one sample takes about this long: it should hold several collections of its own garbage. */
  readonly sampleSeconds: number;
  /** Leaves garbage of other samples to the engine: collecting it takes longer than the samples themselves where these are short. */
  readonly keepsGarbage?: boolean;
}

/** Seconds per run: for each contender one value per round. */
export type Samples = readonly number[][];

const WARM_UP_RUNS = 2;

/**
 * Each round runs every contender, and each round another one goes first. While `isUnsettled` by what was measured, the rounds of
 * `pace` are run again, up to its number of attempts.
 */
export async function timeRounds(
  contenders: readonly Timed[],
  pace: Pace,
  isUnsettled: (samples: Samples) => boolean,
): Promise<Samples> {
  const repeats: number[] = [];
  for (const contender of contenders) repeats.push(await warmUp(contender, pace));
  const samples: Samples = contenders.map(() => []);
  for (let attempt = 0; attempt === 0 || (attempt < pace.attempts && isUnsettled(samples)); attempt++) {
    for (let round = 0; round < pace.rounds; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const which = (round + turn) % contenders.length;
        const contender = contenders[which];
        if (contender) samples[which]?.push(await sample(contender, repeats[which] ?? 1, pace));
      }
    }
  }
  return samples;
}

/** How often to repeat the work in a sample. */
async function warmUp(contender: Timed, { warmUpSeconds, sampleSeconds, keepsGarbage }: Pace): Promise<number> {
  if (!keepsGarbage) collectGarbage();
  const shortest = await runFor(contender, warmUpSeconds, WARM_UP_RUNS);
  return Math.max(1, Math.round(sampleSeconds / shortest));
}

async function sample(contender: Timed, repeats: number, { leadInSeconds, keepsGarbage }: Pace): Promise<number> {
  if (!keepsGarbage) collectGarbage();
  await runFor(contender, leadInSeconds, 1);
  return timePerRun(contender, repeats);
}

/** Runs at least so long and so often; returns the seconds of the shortest run. */
async function runFor(contender: Timed, seconds: number, leastRuns: number): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let runs = 0; spent < seconds || runs < leastRuns; runs++) {
    const time = await timePerRun(contender, 1);
    shortest = Math.min(shortest, time);
    spent += time;
  }
  return shortest;
}

/** Seconds per run, of so many. */
export async function timePerRun({ run, timeElsewhere }: Timed, repeats: number): Promise<number> {
  if (timeElsewhere) return timeElsewhere(repeats);
  const watch = new Stopwatch();
  for (let i = 0; i < repeats; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return watch.seconds() / repeats;
}

/** "run wait slices", the first two in nanoseconds; of the main thread, whoever reads it. */
const SCHEDULER_STATISTICS = "/proc/self/schedstat";

const file = platform() === "linux" ? openStatistics() : undefined;
const text = Buffer.alloc(128);

/** Whether this system tells how long a thread waited for a processor; where it does not, `secondsWaited` is 0. */
export const tellsWaiting = file !== undefined;

/** Seconds that the main thread has waited for a processor since the process began. */
export function secondsWaited(): number {
  if (file === undefined) return 0;
  const length = readSync(file, text, 0, text.length, 0);
  return Number(text.toString("latin1", 0, length).split(" ")[1]) / 1e9;
}

function openStatistics(): number | undefined {
  try {
    return openSync(SCHEDULER_STATISTICS, "r");
  } catch {
    return undefined;
  }
}

/** Wall-clock time without the time that the main thread waited for a processor, which tells nothing about the work on a shared machine. */
export class Stopwatch {
  readonly #start = process.hrtime.bigint();
  readonly #waitedBefore = secondsWaited();

  /** Seconds since it was made. */
  seconds(): number {
    // Asked for inside the time taken, so that no more is taken off than was added.
    const waited = secondsWaited() - this.#waitedBefore;
    return Number(process.hrtime.bigint() - this.#start) / 1e9 - waited;
  }
}
