/** Regions by address. A look-up takes logarithmic time, however many regions overlap at other addresses. */
import { sortInSlices, TimeSlice } from "../source/time-slice.js";
import type { Region } from "./region.js";

/** A region, and whether it shares addresses with others. */
export interface PlacedRegion {
  readonly region: Region;
  /** Whether a region with a lower base address, or the same one, shares addresses with this region. */
  readonly overlapsBefore: boolean;
  /** Whether the next region in the order of base addresses shares addresses with this region, or with one before it. */
  readonly overlapsNext: boolean;
}

export class RegionTable {
  readonly #regions: readonly Region[];
  readonly #index: IntervalIndex;

  private constructor(regions: readonly Region[], index: IntervalIndex) {
    this.#regions = regions;
    this.#index = index;
  }

  /** `regions`: in the order of their blocks. */
  static async of(regions: readonly Region[], signal: AbortSignal | undefined): Promise<RegionTable> {
    const at = (position: number) => ({
      start: regions[position]?.baseAddr ?? 0n,
      end: regions[position]?.endAddr ?? 0n,
    });
    return new RegionTable(regions, await IntervalIndex.of(regions.length, at, new TimeSlice(signal)));
  }

  get size(): number {
    return this.#regions.length;
  }

  /** The regions that share an address with `[start, end)`, in the order of their base addresses, then of their blocks. */
  *between(start: bigint, end: bigint): Generator<Region, void, undefined> {
    for (const position of this.#index.overlapping(start, end)) {
      const region = this.#regions[position];
      if (region) yield region;
    }
  }

  /** Like `between`. Only overlaps with other regions of the result count. */
  *placedBetween(start: bigint, end: bigint): Generator<PlacedRegion, void, undefined> {
    let reach = 0n;
    let last: Region | undefined;
    let overlapsBefore = false;
    for (const position of this.#index.overlapping(start, end)) {
      const region = this.#regions[position];
      if (!region) continue;
      const overlaps = region.baseAddr < reach;
      if (last) yield { region: last, overlapsBefore, overlapsNext: overlaps };
      last = region;
      overlapsBefore = overlaps;
      if (region.endAddr > reach) reach = region.endAddr;
    }
    if (last) yield { region: last, overlapsBefore, overlapsNext: false };
  }
}

/** Addresses `[start, end)`, `end` up to 2^64. */
interface Interval {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * Finds the intervals that share an address with a range, also if some intervals cover many others. The intervals are sorted by their starts once; a
 * binary tree over them stores the highest last address below each node. A look-up takes logarithmic time for each interval that it finds.
 */
export class IntervalIndex {
  /** The intervals' positions in the caller's order, sorted by their starts. */
  readonly #order: Uint32Array;
  readonly #starts: BigUint64Array;
  /** A complete binary tree. Leaf i, at `#leaves + i`, has the last address of interval i in the sorted order; a node has the highest of its leaves. */
  readonly #last: BigUint64Array;
  readonly #leaves: number;

  private constructor(order: Uint32Array, starts: BigUint64Array, last: BigUint64Array, leaves: number) {
    this.#order = order;
    this.#starts = starts;
    this.#last = last;
    this.#leaves = leaves;
  }

  /** Empty intervals are left out. Intervals with the same start stay in the caller's order. */
  static async of(count: number, intervalOf: (position: number) => Interval, slice: TimeSlice): Promise<IntervalIndex> {
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
    const order = await sortInSlices(positions.subarray(0, kept), (a, b) => (unsorted[a] ?? 0n) < (unsorted[b] ?? 0n), slice);
    const leaves = 2 ** Math.ceil(Math.log2(Math.max(1, kept)));
    const starts = new BigUint64Array(kept);
    const last = new BigUint64Array(2 * leaves);
    for (const [i, position] of order.entries()) {
      if (slice.isSpent()) await slice.renew();
      starts[i] = unsorted[position] ?? 0n;
      last[leaves + i] = ends[position] ?? 0n;
    }
    for (let node = leaves - 1; node > 0; node--) {
      if (slice.isSpent()) await slice.renew();
      const [left = 0n, right = 0n] = [last[2 * node], last[2 * node + 1]];
      last[node] = left > right ? left : right;
    }
    return new IntervalIndex(order, starts, last, leaves);
  }

  /** The positions of the intervals that share an address with `[start, end)`, in the order of their starts. */
  *overlapping(start: bigint, end: bigint): Generator<number, void, undefined> {
    if (start >= end) return;
    for (let i = this.#reaching(0, start); (this.#starts[i] ?? end) < end; i = this.#reaching(i + 1, start)) {
      const position = this.#order[i];
      if (position !== undefined) yield position;
    }
  }

  /** The first interval from number `from` on, in the sorted order, whose last address is `address` or higher; the number of intervals if there is none. */
  #reaching(from: number, address: bigint): number {
    const none = this.#starts.length;
    if (from >= none) return none;
    let node = this.#leaves + from;
    while ((this.#last[node] ?? 0n) < address) {
      // Climbs from right children, then goes to the sibling: all leaves before it are passed.
      while (node % 2 === 1 && node > 1) node >>= 1;
      if (node <= 1) return none;
      node++;
    }
    while (node < this.#leaves) {
      node *= 2;
      if ((this.#last[node] ?? 0n) < address) node++;
    }
    return node - this.#leaves;
  }
}
