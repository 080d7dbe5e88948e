/**
 * Long synchronous work in slices of some milliseconds. Between two slices timers, input and abort signals are handled. Every loop whose length
 * a capture decides uses a `TimeSlice`, or one of the functions below:
 *
 *     const slice = new TimeSlice(signal);
 *     for (...) {
 *       if (slice.isSpent()) await slice.renew();
 *       ...
 *     }
 */
import { pause } from "#pause";
import { throwIfAborted } from "../errors.js";
import { type SlicedWork, UNITS_PER_YIELD } from "../sliced-work.js";

/**
 * Milliseconds of work after which a slice ends. Two or three pieces of work that each have a slice may follow one another without a pause, such as those of a
 * memory and of a question to it: with the step that is under way then, other work of the thread waits 20 ms at most, but for collections of garbage. A signal has
 * to be heard within 100 ms, also on a busy machine.
 */
const SLICE_MS = 6;
/** Units of work between two readings of the clock. */
const UNITS_PER_LOOK = 256;
/** Units of work after which a slice ends in any case: in workerd the clock stands still while code runs. */
const UNITS_PER_SLICE = 1 << 18;

/** Long work in slices of time: between them, other work of the thread has its turn, and an `AbortSignal` is heard. */
export class TimeSlice {
  readonly #signal: AbortSignal | undefined;
  #started = performance.now();
  #units = 0;
  #unitsAtNextLook = UNITS_PER_LOOK;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /**
   * Counts `units` of work, about a microsecond each, and returns whether it is time to `renew`. Cheap enough for any loop.
   */
  isSpent(units = 1): boolean {
    this.#units += units;
    if (this.#units < this.#unitsAtNextLook) return false;
    this.#unitsAtNextLook = this.#units + UNITS_PER_LOOK;
    return this.#units >= UNITS_PER_SLICE || performance.now() - this.#started >= SLICE_MS;
  }

  /** Lets other work of the event loop run, and begins the next slice. Throws `aborted` when the signal has fired. */
  async renew(): Promise<void> {
    await pause();
    throwIfAborted(this.#signal);
    this.#units = 0;
    this.#unitsAtNextLook = UNITS_PER_LOOK;
    this.#started = performance.now();
  }
}

/** Does the work in slices: those of `slice` if the work is a part of more. Throws `aborted` when the signal fires. */
export async function runInSlices<T>(
  work: SlicedWork<T>,
  signal: AbortSignal | undefined,
  slice: TimeSlice = new TimeSlice(signal),
): Promise<T> {
  try {
    let step = work.next();
    while (!step.done) {
      if (slice.isSpent(step.value)) await slice.renew();
      step = work.next();
    }
    return step.value;
  } catch (error) {
    // Lets the work release its resources.
    work.throw(error);
    throw error;
  }
}

/** Units of work that one item of a list stands for. */
const UNITS_PER_ITEM = 16;

/** The items of a synchronous sequence, in slices. An undefined item stands for `UNITS_PER_YIELD` of work that gave no item. Throws `aborted`. */
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

/** A stable merge sort that pauses: for lists whose length a capture decides. */
export async function sortInSlices(
  values: Uint32Array,
  before: (a: number, b: number) => boolean,
  slice: TimeSlice,
): Promise<Uint32Array> {
  let from = values.slice();
  // In most files everything is in order.
  if (await isInOrder(from, before, slice)) return from;
  let to = new Uint32Array(from.length);
  for (let width = 1; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      if (slice.isSpent(Math.min(2 * width, 4096))) await slice.renew();
      const middle = Math.min(start + width, from.length);
      const end = Math.min(start + 2 * width, from.length);
      await merge(from, to, { start, middle, end }, before, slice);
    }
    [from, to] = [to, from];
  }
  return from;
}

async function isInOrder(values: Uint32Array, before: (a: number, b: number) => boolean, slice: TimeSlice): Promise<boolean> {
  for (let at = 1; at < values.length; at++) {
    if (slice.isSpent()) await slice.renew();
    if (before(values[at] ?? 0, values[at - 1] ?? 0)) return false;
  }
  return true;
}

interface Halves {
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}

async function merge(
  from: Uint32Array,
  to: Uint32Array,
  { start, middle, end }: Halves,
  before: (a: number, b: number) => boolean,
  slice: TimeSlice,
): Promise<void> {
  let left = start;
  let right = middle;
  // Halves that are in order already are copied: in most files most are.
  if (middle >= end || !before(from[middle] ?? 0, from[middle - 1] ?? 0)) {
    to.set(from.subarray(start, end), start);
    return;
  }
  for (let at = start; at < end; at++) {
    if (slice.isSpent()) await slice.renew();
    const takeRight = left >= middle || (right < end && before(from[right] ?? 0, from[left] ?? 0));
    to[at] = from[takeRight ? right++ : left++] ?? 0;
  }
}
