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
  const byStart = new Map<bigint, ComparedRegion[]>();
  for (const region of await sortedBy(b, ({ baseAddr }) => baseAddr, signal)) {
    if (slice.isSpent()) await slice.renew();
    const same = byStart.get(region.baseAddr);
    if (same) same.push(region);
    else byStart.set(region.baseAddr, [region]);
  }
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
    const other = start === undefined ? undefined : byStart.get(start)?.shift();
    if (other) pair(region, other);
    else alone.push(region);
  }
  const byEnd = new Map<bigint, ComparedRegion>();
  for (const regions of byStart.values()) {
    for (const region of regions) {
      if (slice.isSpent()) await slice.renew();
      byEnd.set(endOf(region), region);
    }
    // Most have been paired, and left nothing.
    if (slice.isSpent()) await slice.renew();
  }
  for (const region of alone) {
    if (slice.isSpent(4)) await slice.renew();
    const last = before.translated(endOf(region) - 1n);
    const other = last === undefined ? undefined : byEnd.get(last + 1n);
    if (last !== undefined && other) {
      byEnd.delete(last + 1n);
      const left = byStart.get(other.baseAddr);
      left?.splice(left.indexOf(other), 1);
      pair(region, other);
    } else if (!before.isAmbiguous(region.baseAddr)) {
      differences.push({ kind: "region", change: "removed", a: region.baseAddr, before: region, fields: [] });
    }
  }
  for (const regions of byStart.values()) {
    if (slice.isSpent()) await slice.renew();
    for (const region of regions) {
      if (slice.isSpent(4)) await slice.renew();
      if (after.isAmbiguous(region.baseAddr)) continue;
      differences.push({ kind: "region", change: "added", b: region.baseAddr, after: region, fields: [] });
    }
  }
  return differences;
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
