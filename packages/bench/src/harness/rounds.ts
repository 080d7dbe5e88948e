/**
 * Times contenders in interleaved rounds. Time is wall-clock time, less what the main thread spent waiting for a processor while
 * others had it (where the system tells: Linux): on a shared machine that says nothing about a contender.
 */
import { collectGarbage } from "./garbage.js";
import { secondsWaited } from "./waiting.js";

export type Run = () => unknown;

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
}

/** Seconds per run: for each contender one value per round. */
export type Samples = readonly number[][];

const WARM_UP_RUNS = 2;

/**
 * Each round runs every contender, and each round another one goes first. While `isUnsettled` by what was measured, the rounds of
 * `pace` are run again, up to its number of attempts.
 */
export async function timeRounds(
  contenders: readonly Run[],
  pace: Pace,
  isUnsettled: (samples: Samples) => boolean,
): Promise<Samples> {
  const repeats: number[] = [];
  for (const run of contenders) repeats.push(await warmUp(run, pace));
  const samples: Samples = contenders.map(() => []);
  for (let attempt = 0; attempt === 0 || (attempt < pace.attempts && isUnsettled(samples)); attempt++) {
    for (let round = 0; round < pace.rounds; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const which = (round + turn) % contenders.length;
        const run = contenders[which];
        if (run) samples[which]?.push(await sample(run, repeats[which] ?? 1, pace));
      }
    }
  }
  return samples;
}

/** How often to repeat `run` in a sample. */
async function warmUp(run: Run, { warmUpSeconds, sampleSeconds }: Pace): Promise<number> {
  collectGarbage();
  const shortest = await runFor(run, warmUpSeconds, WARM_UP_RUNS);
  return Math.max(1, Math.round(sampleSeconds / shortest));
}

async function sample(run: Run, repeats: number, { leadInSeconds }: Pace): Promise<number> {
  collectGarbage();
  await runFor(run, leadInSeconds, 1);
  return timePerRun(run, repeats);
}

/** Runs at least so long and so often; returns the seconds of the shortest run. */
async function runFor(run: Run, seconds: number, leastRuns: number): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let runs = 0; spent < seconds || runs < leastRuns; runs++) {
    const time = await timePerRun(run, 1);
    shortest = Math.min(shortest, time);
    spent += time;
  }
  return shortest;
}

async function timePerRun(run: Run, repeats: number): Promise<number> {
  const start = process.hrtime.bigint();
  const waitedBefore = secondsWaited();
  for (let i = 0; i < repeats; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  // Asked for inside the time taken, so that no more is taken off than was added.
  const waited = secondsWaited() - waitedBefore;
  return (Number(process.hrtime.bigint() - start) / 1e9 - waited) / repeats;
}
