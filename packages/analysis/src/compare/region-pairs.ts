/** Regions that only one of two captures has, and regions that differ. */
import { TimeSlice } from "@memslice/msl/work";
import { sortedBy } from "../intervals.js";
import type { AlignedPart } from "./aligned-part.js";
import { AlignedPlaces } from "./aligned-places.js";
import type { ChangedRegion, ComparedRegion } from "./difference.js";
import { endOf, joinedSpans, type RegionSpan, regionsAlone } from "./region-spans.js";
import { spanDifferences } from "./span-differences.js";

/**
 * A region of `b` begins where a region of `a` begins, or else ends where it ends, after both were aligned: they are the same region. Regions that were cut at
 * another place are joined before.
 */
export async function regionDifferences(
  a: readonly ComparedRegion[],
  b: readonly ComparedRegion[],
  parts: readonly AlignedPart[],
  signal?: AbortSignal,
): Promise<ChangedRegion[]> {
  const slice = new TimeSlice(signal);
  const before = await AlignedPlaces.of(parts, "a", slice);
  const after = await AlignedPlaces.of(await sortedBy(parts, (part) => part.b?.start ?? 0n, signal), "b", slice);
  const spans = await spansOf(a, b, before, after, slice, signal);
  const others = await RegionLookup.of(spans.b, slice);
  const differences: ChangedRegion[] = [];
  const alone: RegionSpan[] = [];
  const pair = async (one: RegionSpan, other: RegionSpan, alignedBy: "start" | "end") => {
    for (const difference of await spanDifferences(one, other, alignedBy, slice)) {
      if (slice.isSpent()) await slice.renew();
      differences.push(difference);
    }
  };
  for (const span of spans.a) {
    if (slice.isSpent(4)) await slice.renew();
    const start = before.translated(span.baseAddr);
    const other = start === undefined ? undefined : others.takeAt(start);
    if (other) await pair(span, other, "start");
    else alone.push(span);
  }
  const byEnd = await others.leftByEnd(slice, signal);
  for (const span of alone) {
    if (slice.isSpent(4)) await slice.renew();
    const last = before.translated(endOf(span) - 1n);
    const other = last === undefined ? undefined : byEnd.takeEndingBehind(last);
    if (other) await pair(span, other, "end");
    else await addAlone(differences, span, "removed", before, slice);
  }
  for (const span of await others.left(slice)) {
    if (slice.isSpent(4)) await slice.renew();
    await addAlone(differences, span, "added", after, slice);
  }
  return differences;
}

async function spansOf(
  a: readonly ComparedRegion[],
  b: readonly ComparedRegion[],
  before: AlignedPlaces,
  after: AlignedPlaces,
  slice: TimeSlice,
  signal: AbortSignal | undefined,
) {
  const base = ({ baseAddr }: ComparedRegion) => baseAddr;
  const sorted = { a: await sortedBy(a, base, signal), b: await sortedBy(b, base, signal) };
  const alone = { a: await regionsAlone(sorted.a, slice), b: await regionsAlone(sorted.b, slice) };
  return {
    a: await joinedSpans(sorted.a, { alone: alone.a, others: alone.b, places: before }, slice),
    b: await joinedSpans(sorted.b, { alone: alone.b, others: alone.a, places: after }, slice),
  };
}

/** The regions of a span that only one side has. */
async function addAlone(
  differences: ChangedRegion[],
  { regions }: RegionSpan,
  change: "added" | "removed",
  places: AlignedPlaces,
  slice: TimeSlice,
): Promise<void> {
  for (const region of regions) {
    if (slice.isSpent()) await slice.renew();
    const { baseAddr, regionSize: length } = region;
    if (places.isAmbiguous(baseAddr)) continue;
    const side = change === "added" ? { b: baseAddr, after: region } : { a: baseAddr, before: region };
    differences.push({ kind: "region", change, ...side, length, fields: [] });
  }
}

/**
 * Regions that are taken one by one, by their start or by their end. Sorted lists and flags in place of a Map: one of many entries grows by copying all of them at
 * once.
 */
class RegionLookup {
  readonly #regions: readonly RegionSpan[];
  readonly #starts: BigUint64Array;
  readonly #taken: Uint8Array;
  /** At the first region of a start: how many of this start were taken. */
  readonly #takenHere: Uint32Array;

  private constructor(regions: readonly RegionSpan[]) {
    this.#regions = regions;
    this.#starts = new BigUint64Array(regions.length);
    this.#taken = new Uint8Array(regions.length);
    this.#takenHere = new Uint32Array(regions.length);
  }

  /** `regions`: ascending by start. */
  static async of(regions: readonly RegionSpan[], slice: TimeSlice): Promise<RegionLookup> {
    const lookup = new RegionLookup(regions);
    for (const [i, { baseAddr }] of regions.entries()) {
      if (slice.isSpent()) await slice.renew();
      lookup.#starts[i] = baseAddr;
    }
    return lookup;
  }

  /** The next region that begins at this address. */
  takeAt(start: bigint): RegionSpan | undefined {
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
      takeEndingBehind: (last: bigint): RegionSpan | undefined => {
        const index = byLast[firstFrom(lasts, last + 1n) - 1] ?? -1;
        const region = this.#regions[index];
        if (!region || this.#taken[index] === 1 || endOf(region) !== last + 1n) return undefined;
        this.#taken[index] = 1;
        return region;
      },
    };
  }

  /** The regions that nobody has taken, ascending. */
  async left(slice: TimeSlice): Promise<RegionSpan[]> {
    const left: RegionSpan[] = [];
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

function lastOf(region: RegionSpan | undefined): bigint {
  const end = region ? endOf(region) : 0n;
  return end > 0n ? end - 1n : 0n;
}
