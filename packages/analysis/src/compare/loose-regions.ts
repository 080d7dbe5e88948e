/** Which regions outside of modules belong together, if modules have moved. */
import type { MemoryRange } from "@memslice/msl";
import type { TimeSlice } from "@memslice/msl/work";
import { sortedBy } from "../intervals.js";
import { type AlignedPart, bare, shifted } from "./aligned-part.js";
import { groups } from "./module-pairs.js";

/** A region, or what lies of it outside of modules. */
export interface LooseRegion extends MemoryRange {
  readonly type: number;
}

/** Regions of one type that touch: what a region is that was cut where a part of it was given another protection. */
interface Run extends LooseRegion {
  readonly regions: readonly LooseRegion[];
}

/** RegionType of stacks: they grow downwards, so that their ends belong together. */
const STACK = 2;

const kindOf = ({ type, start, end }: LooseRegion) => `${type} ${end - start}`;

/**
 * Regions of one type and size, in the order of their addresses, if both sides have as many. Of the others, runs of regions that touch, by the same rule; the
 * only run of its type; and again regions. `a`, `b`: ascending and without overlaps.
 */
export async function looseParts(
  a: readonly LooseRegion[],
  b: readonly LooseRegion[],
  slice: TimeSlice,
  signal: AbortSignal | undefined,
): Promise<AlignedPart[]> {
  const parts: AlignedPart[] = [];
  const single = await paired(parts, a, b, slice);
  const ofA = await runsOf(await sortedBy(single.a, ({ start }) => start, signal), slice);
  const ofB = await runsOf(await sortedBy(single.b, ({ start }) => start, signal), slice);
  const runs = await paired(parts, ofA, ofB, slice);
  const all = await groups(await runsOf(a, slice), await runsOf(b, slice), ({ type }) => String(type), slice);
  const left = { a: [] as LooseRegion[], b: [] as LooseRegion[] };
  for (const [type, both] of await groups(runs.a, runs.b, (one) => String(one.type), slice)) {
    const [first, second] = [onlyOne(both.a, all.get(type)?.a), onlyOne(both.b, all.get(type)?.b)];
    if (first && second) {
      parts.push(...shifted(first, second, first.type === STACK ? second.end - first.end : second.start - first.start));
      continue;
    }
    for (const side of ["a", "b"] as const) {
      for (const { regions } of both[side]) {
        for (const region of regions) {
          if (slice.isSpent()) await slice.renew();
          left[side].push(region);
        }
      }
    }
  }
  const rest = await paired(parts, left.a, left.b, slice);
  await addUnpaired(parts, rest.a, rest.b, slice);
  return parts;
}

/** Adds those of one type and size, if both sides have as many; returns the others. */
async function paired<T extends LooseRegion>(parts: AlignedPart[], a: readonly T[], b: readonly T[], slice: TimeSlice) {
  const left = { a: [] as T[], b: [] as T[] };
  for (const [, both] of await groups(a, b, kindOf, slice)) {
    const isPaired = both.a.length === both.b.length;
    for (const [i, one] of both.a.entries()) {
      if (slice.isSpent()) await slice.renew();
      if (isPaired) parts.push({ a: bare(one), b: bare(both.b[i] ?? one) });
      else left.a.push(one);
    }
    for (const one of isPaired ? [] : both.b) {
      if (slice.isSpent()) await slice.renew();
      left.b.push(one);
    }
  }
  return left;
}

/** `regions`: ascending and without overlaps. */
async function runsOf(regions: readonly LooseRegion[], slice: TimeSlice): Promise<Run[]> {
  const runs: (Run & { end: bigint; regions: LooseRegion[] })[] = [];
  for (const region of regions) {
    if (slice.isSpent()) await slice.renew();
    const last = runs.at(-1);
    if (last && last.end === region.start && last.type === region.type) {
      last.regions.push(region);
      last.end = region.end;
    } else runs.push({ ...region, regions: [region] });
  }
  return runs;
}

/** The run of a type, if all regions of the type are in it and none has its counterpart. */
function onlyOne(left: readonly Run[], all: readonly Run[] = []): Run | undefined {
  const [run] = left;
  const [whole] = all;
  return run && whole && all.length === 1 && run.start === whole.start && run.end === whole.end ? run : undefined;
}

async function addUnpaired(
  parts: AlignedPart[],
  a: readonly LooseRegion[],
  b: readonly LooseRegion[],
  slice: TimeSlice,
): Promise<void> {
  for (const [, both] of await groups(a, b, kindOf, slice)) {
    const isAmbiguous = both.a.length > 0 && both.b.length > 0;
    const ambiguous = `${both.a.length} regions of one type and size against ${both.b.length}: they cannot be told apart`;
    const why = isAmbiguous ? { ambiguous } : {};
    for (const one of both.a) {
      if (slice.isSpent()) await slice.renew();
      parts.push({ a: bare(one), ...why });
    }
    for (const one of both.b) {
      if (slice.isSpent()) await slice.renew();
      parts.push({ b: bare(one), ...why });
    }
  }
}
