import type { TimeSlice } from "../source/time-slice.js";

/** A stable merge sort that pauses: for lists whose length a capture decides. */
export async function sortInSlices(
  values: Uint32Array,
  before: (a: number, b: number) => boolean,
  slice: TimeSlice,
): Promise<Uint32Array> {
  let from = values.slice();
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
  // Halves that are in order already are copied: in most files everything is in order.
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
