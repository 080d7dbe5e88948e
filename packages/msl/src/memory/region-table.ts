import type { Region } from "./region.js";

/** Regions sorted by address once, so that look-ups are logarithmic however many overlap elsewhere. */
export class RegionTable {
  /** By base address, then by block. */
  readonly #regions: readonly Region[];
  /** For each region, the highest end address of it and those before it: tells how far back an overlap can start. */
  readonly #reach: bigint[] = [];

  constructor(regions: readonly Region[]) {
    this.#regions = [...regions].sort(byAddress);
    let reach = 0n;
    for (const region of this.#regions) {
      if (region.endAddr > reach) reach = region.endAddr;
      this.#reach.push(reach);
    }
  }

  /** The regions that share an address with `[start, end)`, in the order of their base addresses. */
  between(start: bigint, end: bigint): Region[] {
    if (start >= end) return [];
    const found: Region[] = [];
    for (let i = this.#startingBefore(end) - 1; i >= 0 && (this.#reach[i] ?? 0n) > start; i--) {
      const region = this.#regions[i];
      if (region && region.endAddr > start) found.push(region);
    }
    return found.reverse();
  }

  /** The regions between two addresses in groups that overlap nothing outside the group, in the order of their addresses. */
  *clusters(start: bigint, end: bigint): Generator<Region[]> {
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

  /** How many regions have a base address below `end`. */
  #startingBefore(end: bigint): number {
    let low = 0;
    let high = this.#regions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#regions[middle]?.baseAddr ?? 0n) < end) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function byAddress(a: Region, b: Region): number {
  return a.baseAddr < b.baseAddr ? -1 : a.baseAddr > b.baseAddr ? 1 : a.block.index - b.block.index;
}
