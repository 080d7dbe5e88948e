/**
 * Work over many small things, written as a generator, that runs at once or in slices between which abort signals are heard (`runInSlices`). The
 * generator yields the units of work since its last yield, as `TimeSlice` counts them: a few thousand at most.
 */
export type SlicedWork<T> = Generator<number, T, void>;

/** Blocks, or other things that take as little work, between two yields. */
export const UNITS_PER_YIELD = 2048;

/** Runs the work to its end, for synchronous callers. */
export function runAtOnce<T>(work: SlicedWork<T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** The result of work that was small enough to do at once, or the work that is left. Making a generator takes longer than decoding a small payload. */
export type Begun<T extends object> = T | SlicedWork<T>;

/** Whether work is left, and not done. */
export function isWork<T extends object>(begun: Begun<T>): begun is SlicedWork<T> {
  return Object.prototype.isPrototypeOf.call(GENERATOR, begun);
}

/** The prototype of all generators. Comparing it is faster than looking for a property in results of many different shapes. */
const GENERATOR: object = Object.getPrototypeOf(function* () {}).prototype;

/** `isWork` for generators of any realm: in Jest, the functions of a package that builds on this one are of another realm than this library. */
export function isWorkOfAnyRealm<T extends object>(begun: Begun<T>): begun is SlicedWork<T> {
  return Object.prototype.toString.call(begun) === "[object Generator]";
}

/** The result, for synchronous callers. */
export function finished<T extends object>(begun: Begun<T>): T {
  return isWork(begun) ? runAtOnce(begun) : begun;
}

/** Entries of a table between two yields: about a millisecond of work. */
export const ENTRIES_PER_YIELD = 256;
/** Units of work of one entry of a table, with its texts. */
export const UNITS_PER_ENTRY = 4;
