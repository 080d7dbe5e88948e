/**
 * Work over many small things that can be done at once, or in slices that hear signals: a generator yields the units of work since it last
 * yielded (as `TimeSlice` counts them), a few thousand at most.
 */
import { TimeSlice } from "./time-slice.js";

export type SlicedWork<T> = Generator<number, T, void>;

/** Blocks, or things as small, between two yields. */
export const UNITS_PER_YIELD = 2048;

/** For synchronous callers; nothing else runs meanwhile. */
export function runAtOnce<T>(work: SlicedWork<T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** Throws `aborted` when the signal fires. */
export async function runInSlices<T>(work: SlicedWork<T>, signal: AbortSignal | undefined): Promise<T> {
  const slice = new TimeSlice(signal);
  let step = work.next();
  while (!step.done) {
    if (slice.isSpent(step.value)) await slice.renew();
    step = work.next();
  }
  return step.value;
}

/** Units of work that one item of a list stands for. */
const UNITS_PER_ITEM = 16;

/** The items of a synchronous sequence, in which an undefined stands for `UNITS_PER_YIELD` of work without one. Throws `aborted`. */
export async function* itemsInSlices<T>(
  items: Iterable<T | undefined>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const slice = new TimeSlice(signal);
  for (const item of items) {
    if (slice.isSpent(item === undefined ? UNITS_PER_YIELD : UNITS_PER_ITEM)) await slice.renew();
    if (item !== undefined) yield item;
  }
}
