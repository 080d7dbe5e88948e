/**
 * Work over many small things that can be done at once, or in slices that hear signals (`runInSlices`): a generator yields the units of work
 * since it last yielded (as `TimeSlice` counts them), a few thousand at most.
 */
export type SlicedWork<T> = Generator<number, T, void>;

/** Blocks, or things as small, between two yields. */
export const UNITS_PER_YIELD = 2048;

/** For synchronous callers; nothing else runs meanwhile. */
export function runAtOnce<T>(work: SlicedWork<T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** Entries of a table between two yields: about a millisecond of work. */
export const ENTRIES_PER_YIELD = 256;
/** Units of work that an entry of a table stands for, with its texts. */
export const UNITS_PER_ENTRY = 4;
