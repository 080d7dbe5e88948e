/** Checks the result of every contender, then times the contenders whose result is right. */
import type { Bar, ComparisonFinding, Entry, Work } from "./findings.js";
import { type Pace, timeRounds } from "./rounds.js";
import { pairedRatio, quartiles } from "./statistics.js";

interface Contender<Result> {
  /** Package and version, or a description. */
  readonly name: string;
  readonly run: () => Result | Promise<Result>;
  /** Work before each run that is not timed. */
  readonly prepare?: () => Promise<void> | void;
  /** The limits for its ratio to our time. */
  readonly bar?: Bar;
  /** Set when `run` only asks another process for the result: the work is timed in that process. */
  readonly elsewhere?: {
    /** Mean seconds over `repeats` runs. */
    time(repeats: number): Promise<number>;
    /** Peak resident memory, in bytes. */
    peak?(): Promise<number>;
  };
}

export interface Comparison<Result> {
  readonly title: string;
  readonly work: Work;
  readonly ours: Contender<Result>;
  readonly peers: readonly Contender<Result>[];
  /** Describes the error in a result; undefined if the result is right. */
  check(result: Result): string | undefined;
}

/** Throws an `Error` if our own result is wrong, since timing it would be meaningless. */
export async function compare<Result>(comparison: Comparison<Result>, pace: Pace): Promise<ComparisonFinding> {
  const { title, work, ours, peers } = comparison;
  const ourProblem = await problemOf(ours, comparison);
  if (ourProblem !== undefined) throw new Error(`${title}: ${ours.name}: ${ourProblem}`);
  const wrong = new Map<Contender<Result>, string>();
  for (const peer of peers) {
    const problem = await problemOf(peer, comparison);
    if (problem !== undefined) wrong.set(peer, problem);
  }
  const timed = [ours, ...peers.filter((peer) => !wrong.has(peer))];
  const samples = await timeRounds(
    timed.map(({ run, prepare, elsewhere }) => ({
      run,
      ...(prepare && { prepare }),
      ...(elsewhere && { timeElsewhere: elsewhere.time }),
    })),
    pace,
    ([ourTimes = [], ...others]) => others.some((times) => !pairedRatio(times, ourTimes).supported),
  );
  const [ourTimes = []] = samples;
  const entries: Entry[] = [];
  for (const contender of [ours, ...peers]) {
    const { name, bar, elsewhere } = contender;
    const peakBytes = await elsewhere?.peak?.();
    const entry = { name, ours: contender === ours, ...(bar && { bar }), ...(peakBytes !== undefined && { peakBytes }) };
    const problem = wrong.get(contender);
    if (problem !== undefined) {
      entries.push({ ...entry, problem });
      continue;
    }
    const times = samples[timed.indexOf(contender)] ?? [];
    const seconds = quartiles(times);
    entries.push(entry.ours ? { ...entry, seconds } : { ...entry, seconds, ratio: pairedRatio(times, ourTimes) });
  }
  return { kind: "comparison", title, work, rounds: ourTimes.length, entries };
}

async function problemOf<Result>(contender: Contender<Result>, { check }: Comparison<Result>): Promise<string | undefined> {
  try {
    await contender.prepare?.();
    return check(await contender.run());
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
