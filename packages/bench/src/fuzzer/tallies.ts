/** What a campaign has reached, counted; sums of counts can be passed between processes. */

/** Counts by group and name. */
export interface Counts {
  /** Payload kinds that came out decoded, whatever was odd about them, from blocks that no sample contains. */
  readonly decoded: Tally;
  /** Payload kinds whose decoding ended in a problem, from such blocks. */
  readonly problem: Tally;
  /** Ways in which payloads were stored: compressions that were decoded, layouts of regions. */
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

/** What is in `expected`, but not in `reached`: payload kinds and forms that the samples have and no mutant ever did. */
export function unreached(expected: Counts, reached: Counts): string[] {
  return (["decoded", "form"] as const).flatMap((group) =>
    Object.keys(expected[group]).filter((name) => !Object.hasOwn(reached[group], name)),
  );
}
