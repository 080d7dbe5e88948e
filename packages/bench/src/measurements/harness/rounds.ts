/** Times contenders in interleaved rounds. */

import { openSync, readSync } from "node:fs";
import { platform } from "node:os";
import { collectGarbage } from "./garbage.js";

export type Run = () => unknown;

/** A contender that is timed in this process, or in another process that does the work and reports the time. */
export interface Timed {
  run: Run;
  /** Work before each run that is not timed. */
  readonly prepare?: () => Promise<void> | void;
  /** Mean seconds over `repeats` runs in another process. */
  readonly timeElsewhere?: (repeats: number) => Promise<number>;
}

export interface Pace {
  readonly rounds: number;
  /** How many times the rounds are run at most while the ratios are not supported. */
  readonly attempts: number;
  /** Each contender runs at least this long before the first round: engines optimise code that has run for a while. */
  readonly warmUpSeconds: number;
  /**
   * Each contender runs at least this long, and at least once, before each sample: garbage collection makes engines discard optimised
   * code.
   */
  readonly leadInSeconds: number;
  /**
   * Short work is repeated until one sample takes about this long, which should include several collections of the work's own garbage.
   */
  readonly sampleSeconds: number;
  /** Leaves garbage to the engine instead of collecting it before each sample: for samples that are shorter than a collection. */
  readonly keepsGarbage?: boolean;
}

/** Seconds per run, one value per round for each contender. */
export type Samples = readonly number[][];

const WARM_UP_RUNS = 2;

/**
 * Times all contenders in every round; each round begins with a different contender. While `isUnsettled` returns true for the samples
 * so far, runs the rounds of `pace` again, at most `pace.attempts` times in all.
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

/** Runs the contender before the first round; returns how often a sample has to repeat its work. */
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

/** Runs the contender for at least `seconds` and at least `leastRuns` times; returns the seconds of the shortest run. */
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

/** Mean seconds over `repeats` runs. */
export async function timePerRun({ run, prepare, timeElsewhere }: Timed, repeats: number): Promise<number> {
  if (timeElsewhere) return timeElsewhere(repeats);
  if (prepare) return timeRunsAlone(run, prepare, repeats);
  const watch = new Stopwatch();
  for (let i = 0; i < repeats; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return watch.seconds() / repeats;
}

async function timeRunsAlone(run: Run, prepare: () => Promise<void> | void, repeats: number): Promise<number> {
  let seconds = 0;
  for (let i = 0; i < repeats; i++) {
    await prepare();
    seconds += await timePerRun({ run }, 1);
  }
  return seconds / repeats;
}

/** Its content is "run wait slices", the first two in nanoseconds. It describes the main thread, whichever thread reads it. */
const SCHEDULER_STATISTICS = "/proc/self/schedstat";

const file = platform() === "linux" ? openStatistics() : undefined;
const text = Buffer.alloc(128);

/** Whether this system reports how long a thread waited for a processor; `secondsWaited` is always 0 if it does not. */
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

/**
 * Measures wall-clock time minus the time that the main thread waited for a processor: on a shared machine, that wait says nothing
 * about the work.
 */
export class Stopwatch {
  readonly #start = process.hrtime.bigint();
  readonly #waitedBefore = secondsWaited();

  /** Seconds since the stopwatch was made. */
  seconds(): number {
    // Read before the clock, so that the wait that is subtracted lies within the measured time.
    const waited = secondsWaited() - this.#waitedBefore;
    return Number(process.hrtime.bigint() - this.#start) / 1e9 - waited;
  }
}
