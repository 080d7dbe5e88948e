/** Regions that only one of two captures has, and regions that differ. */
import type { MemoryRange } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { itemAt, sortedBy } from "../intervals.js";
import type { AlignedPart } from "./alignment.js";
import type { ChangedRegion, ComparedRegion } from "./difference.js";

/** A region of `b` begins where a region of `a` begins, or else ends where it ends, after both were aligned: they are the same region. */
export async function regionDifferences(
  a: readonly ComparedRegion[],
  b: readonly ComparedRegion[],
  parts: readonly AlignedPart[],
  signal?: AbortSignal,
): Promise<ChangedRegion[]> {
  const slice = new TimeSlice(signal);
  const before = await Places.of(parts, "a", slice);
  const after = await Places.of(await sortedBy(parts, (part) => part.b?.start ?? 0n, signal), "b", slice);
  const others = await RegionLookup.of(await sortedBy(b, ({ baseAddr }) => baseAddr, signal), slice);
  const differences: ChangedRegion[] = [];
  const alone: ComparedRegion[] = [];
  const pair = (one: ComparedRegion, other: ComparedRegion) => {
    const fields = fieldsOf(one, other);
    if (fields.length === 0) return;
    const [from, to] = [one.baseAddr, other.baseAddr];
    differences.push({ kind: "region", change: "changed", a: from, b: to, before: one, after: other, fields });
  };
  for (const region of await sortedBy(a, ({ baseAddr }) => baseAddr, signal)) {
    if (slice.isSpent(4)) await slice.renew();
    const start = before.translated(region.baseAddr);
    const other = start === undefined ? undefined : others.takeAt(start);
    if (other) pair(region, other);
    else alone.push(region);
  }
  const byEnd = await others.leftByEnd(slice, signal);
  for (const region of alone) {
    if (slice.isSpent(4)) await slice.renew();
    const last = before.translated(endOf(region) - 1n);
    const other = last === undefined ? undefined : byEnd.takeEndingBehind(last);
    if (other) {
      pair(region, other);
    } else if (!before.isAmbiguous(region.baseAddr)) {
      differences.push({ kind: "region", change: "removed", a: region.baseAddr, before: region, fields: [] });
    }
  }
  for (const region of await others.left(slice)) {
    if (slice.isSpent(4)) await slice.renew();
    if (after.isAmbiguous(region.baseAddr)) continue;
    differences.push({ kind: "region", change: "added", b: region.baseAddr, after: region, fields: [] });
  }
  return differences;
}

/**
 * Regions that are taken one by one, by their start or by their end. Sorted lists and flags in place of a Map: one of many entries grows by copying all of them at
 * once.
 */
class RegionLookup {
  readonly #regions: readonly ComparedRegion[];
  readonly #starts: BigUint64Array;
  readonly #taken: Uint8Array;
  /** At the first region of a start: how many of this start were taken. */
  readonly #takenHere: Uint32Array;

  private constructor(regions: readonly ComparedRegion[]) {
    this.#regions = regions;
    this.#starts = new BigUint64Array(regions.length);
    this.#taken = new Uint8Array(regions.length);
    this.#takenHere = new Uint32Array(regions.length);
  }

  /** `regions`: ascending by start. */
  static async of(regions: readonly ComparedRegion[], slice: TimeSlice): Promise<RegionLookup> {
    const lookup = new RegionLookup(regions);
    for (const [i, { baseAddr }] of regions.entries()) {
      if (slice.isSpent()) await slice.renew();
      lookup.#starts[i] = baseAddr;
    }
    return lookup;
  }

  /** The next region that begins at this address. */
  takeAt(start: bigint): ComparedRegion | undefined {
    const first = firstFrom(this.#starts, start);
    const index = first + (this.#takenHere[first] ?? 0);
    const region = this.#regions[index];
    if (region?.baseAddr !== start) return undefined;
    this.#takenHere[first] = index - first + 1;
    this.#taken[index] = 1;
    return region;
  }

  /** The regions that are left, by their ends. Each end is taken once, for the last region that has it. */
  async leftByEnd(slice: TimeSlice, signal: AbortSignal | undefined) {
    const indexes: number[] = [];
    for (let i = 0; i < this.#regions.length; i++) {
      if (slice.isSpent()) await slice.renew();
      if (this.#taken[i] === 0) indexes.push(i);
    }
    const byLast = await sortedBy(indexes, (index) => lastOf(this.#regions[index]), signal);
    const lasts = new BigUint64Array(byLast.length);
    for (const [i, index] of byLast.entries()) {
      if (slice.isSpent()) await slice.renew();
      lasts[i] = lastOf(this.#regions[index]);
    }
    return {
      takeEndingBehind: (last: bigint): ComparedRegion | undefined => {
        const index = byLast[firstFrom(lasts, last + 1n) - 1] ?? -1;
        const region = this.#regions[index];
        if (!region || this.#taken[index] === 1 || endOf(region) !== last + 1n) return undefined;
        this.#taken[index] = 1;
        return region;
      },
    };
  }

  /** The regions that nobody has taken, ascending. */
  async left(slice: TimeSlice): Promise<ComparedRegion[]> {
    const left: ComparedRegion[] = [];
    for (const [i, region] of this.#regions.entries()) {
      if (slice.isSpent()) await slice.renew();
      if (this.#taken[i] === 0) left.push(region);
    }
    return left;
  }
}

/** The index of the first value that is not below the one sought. `values`: ascending. */
function firstFrom(values: BigUint64Array, sought: bigint): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0n) < sought) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lastOf(region: ComparedRegion | undefined): bigint {
  const end = region ? endOf(region) : 0n;
  return end > 0n ? end - 1n : 0n;
}

function endOf({ baseAddr, regionSize }: ComparedRegion): bigint {
  return baseAddr + regionSize;
}

function fieldsOf(before: ComparedRegion, after: ComparedRegion): ChangedRegion["fields"] {
  return [
    ...(before.head.protection === after.head.protection ? [] : ["protection" as const]),
    ...(before.head.regionType === after.head.regionType ? [] : ["type" as const]),
    ...(before.regionSize === after.regionSize ? [] : ["size" as const]),
  ];
}

/** Aligned parts by the addresses of one side. */
class Places {
  readonly #places: readonly (MemoryRange & { readonly part: AlignedPart })[];

  private constructor(places: readonly (MemoryRange & { readonly part: AlignedPart })[]) {
    this.#places = places;
  }

  /** `parts`: ascending on this side. */
  static async of(parts: readonly AlignedPart[], side: "a" | "b", slice: TimeSlice): Promise<Places> {
    const places: (MemoryRange & { readonly part: AlignedPart })[] = [];
    for (const part of parts) {
      if (slice.isSpent()) await slice.renew();
      const place = part[side];
      if (place) places.push({ start: place.start, end: place.end, part });
    }
    return new Places(places);
  }

  /** The address of `b` that belongs to an address of `a`. */
  translated(address: bigint): bigint | undefined {
    const { a, b } = itemAt(this.#places, address)?.part ?? {};
    return a && b ? address - a.start + b.start : undefined;
  }

  isAmbiguous(address: bigint): boolean {
    return itemAt(this.#places, address)?.part.ambiguous !== undefined;
  }
}
