/** Work over many small things in slices, between which timers, input and abort signals are heard. */
import { type SlicedWork, UNITS_PER_YIELD } from "../sliced-work.js";
import { TimeSlice } from "./time-slice.js";

/** Throws `aborted` when the signal fires. */
export async function runInSlices<T>(work: SlicedWork<T>, signal: AbortSignal | undefined): Promise<T> {
  const slice = new TimeSlice(signal);
  try {
    let step = work.next();
    while (!step.done) {
      if (slice.isSpent(step.value)) await slice.renew();
      step = work.next();
    }
    return step.value;
  } catch (error) {
    // Work that holds something lets go of it.
    work.throw(error);
    throw error;
  }
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
