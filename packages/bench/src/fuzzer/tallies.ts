/** Counts of what a campaign has reached; counts of several processes can be added. */

/** Counts by group and name. */
export interface Counts {
  /** Payload kinds that were decoded, with or without deviations, from blocks that no sample contains. */
  readonly decoded: Tally;
  /** Payload kinds whose decoding ended in a problem, from blocks that no sample contains. */
  readonly problem: Tally;
  /** Ways in which payloads were stored: compressions, layouts of regions. */
  readonly form: Tally;
  readonly lint: Tally;
  readonly problemId: Tally;
  readonly error: Tally;
  readonly mutator: Tally;
}

export type Tally = Record<string, number>;

export function noCounts(): Counts {
  return { decoded: {}, problem: {}, form: {}, lint: {}, problemId: {}, error: {}, mutator: {} };
}

export function count(tally: Tally, name: string, times = 1): void {
  tally[name] = (tally[name] ?? 0) + times;
}

export function addCounts(sum: Counts, more: Counts): void {
  for (const group of Object.keys(sum) as (keyof Counts)[]) {
    for (const [name, times] of Object.entries(more[group])) count(sum[group], name, times);
  }
}

/** Payload kinds and forms that are in `expected`, from the samples, but in no mutant. */
export function unreached(expected: Counts, reached: Counts): string[] {
  return (["decoded", "form"] as const).flatMap((group) =>
    Object.keys(expected[group]).filter((name) => !Object.hasOwn(reached[group], name)),
  );
}
