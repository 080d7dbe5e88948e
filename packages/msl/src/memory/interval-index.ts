/**
 * Address ranges, some of which may cover many others: which of them share an address with a range. Sorted once by their starts, with
 * the highest end of each part in a tree over them, so that a look-up costs a logarithm and what it finds.
 */
import type { TimeSlice } from "../source/time-slice.js";
import { sortInSlices } from "./sort-in-slices.js";

/** Addresses `[start, end)`, `end` up to 2^64. */
export interface Interval {
  readonly start: bigint;
  readonly end: bigint;
}

export class IntervalIndex {
  /** Positions of the intervals in the caller's order, by their starts. */
  readonly #order: Uint32Array;
  readonly #starts: BigUint64Array;
  /** A complete binary tree: leaf i, at `#leaves + i`, has the last address of interval i in the sorted order, each node the highest below it. */
  readonly #last: BigUint64Array;
  readonly #leaves: number;

  private constructor(order: Uint32Array, starts: BigUint64Array, last: BigUint64Array, leaves: number) {
    this.#order = order;
    this.#starts = starts;
    this.#last = last;
    this.#leaves = leaves;
  }

  /** Intervals without addresses are left out. Of those with the same start, `before` says which comes first; by default the earlier one. */
  static async of(
    count: number,
    intervalOf: (position: number) => Interval,
    slice: TimeSlice,
    before: (a: number, b: number) => boolean = (a, b) => a < b,
  ): Promise<IntervalIndex> {
    const unsorted = new BigUint64Array(count);
    const ends = new BigUint64Array(count);
    let kept = 0;
    const positions = new Uint32Array(count);
    for (let position = 0; position < count; position++) {
      if (slice.isSpent()) await slice.renew();
      const { start, end } = intervalOf(position);
      if (end <= start) continue;
      unsorted[position] = start;
      ends[position] = end - 1n;
      positions[kept++] = position;
    }
    const order = await sortInSlices(
      positions.subarray(0, kept),
      (a, b) => {
        const [left = 0n, right = 0n] = [unsorted[a], unsorted[b]];
        return left < right || (left === right && before(a, b));
      },
      slice,
    );
    const leaves = 2 ** Math.ceil(Math.log2(Math.max(1, kept)));
    const starts = new BigUint64Array(kept);
    const last = new BigUint64Array(2 * leaves);
    order.forEach((position, i) => {
      starts[i] = unsorted[position] ?? 0n;
      last[leaves + i] = ends[position] ?? 0n;
    });
    for (let node = leaves - 1; node > 0; node--) {
      const [left = 0n, right = 0n] = [last[2 * node], last[2 * node + 1]];
      last[node] = left > right ? left : right;
    }
    return new IntervalIndex(order, starts, last, leaves);
  }

  /** Positions of the intervals that share an address with `[start, end)`, by their starts. */
  *overlapping(start: bigint, end: bigint): Generator<number, void, undefined> {
    if (start >= end) return;
    yield* this.#reaching(1, 0, this.#leaves, this.#startingBefore(end), start);
  }

  /** Of the first `count` intervals, those of `node` (leaves `[from, from + width)`) that reach `address`. */
  *#reaching(node: number, from: number, width: number, count: number, address: bigint): Generator<number, void, undefined> {
    if (from >= count || (this.#last[node] ?? 0n) < address) return;
    if (width === 1) {
      const position = this.#order[from];
      if (position !== undefined) yield position;
      return;
    }
    yield* this.#reaching(2 * node, from, width / 2, count, address);
    yield* this.#reaching(2 * node + 1, from + width / 2, width / 2, count, address);
  }

  /** How many intervals start below `end`. */
  #startingBefore(end: bigint): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0n) < end) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
