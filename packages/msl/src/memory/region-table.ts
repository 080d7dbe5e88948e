/** Regions by address: look-ups are logarithmic however many regions overlap elsewhere. */
import { TimeSlice } from "../source/time-slice.js";
import { IntervalIndex } from "./interval-index.js";
import type { Region } from "./region.js";

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

  /** The regions that share an address with `[start, end)`, in the order of their base addresses, then of their blocks. */
  *between(start: bigint, end: bigint): Generator<Region, void, undefined> {
    for (const position of this.#index.overlapping(start, end)) {
      const region = this.#regions[position];
      if (region) yield region;
    }
  }

  /** The regions between two addresses in groups that overlap nothing outside the group, in the order of their addresses. */
  *clusters(start: bigint, end: bigint): Generator<Region[], void, undefined> {
    let cluster: Region[] = [];
    let reach = 0n;
    for (const region of this.between(start, end)) {
      if (cluster.length > 0 && region.baseAddr >= reach) {
        yield cluster;
        cluster = [];
      }
      cluster.push(region);
      if (region.endAddr > reach) reach = region.endAddr;
    }
    if (cluster.length > 0) yield cluster;
  }
}
