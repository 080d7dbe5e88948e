/**
 * Regions that an operating system cut where it gave a part of them another protection (mprotect, VirtualProtect). They are one *span* again: a cut is undone if a
 * region of the other capture lies over it.
 */
import type { MemoryRange } from "@memslice/msl";
import type { TimeSlice } from "@memslice/msl/work";
import { itemAt } from "../intervals.js";
import type { AlignedPlaces } from "./aligned-places.js";
import type { ComparedRegion } from "./difference.js";

/** Regions that touch, as one. `head` is that of the first one. */
export interface RegionSpan extends ComparedRegion {
  /** Ascending; each begins where the one before it ends. */
  readonly regions: readonly ComparedRegion[];
}

export function endOf({ baseAddr, regionSize }: ComparedRegion): bigint {
  return baseAddr + regionSize;
}

/** Regions that share no address with another one of their capture: only these are joined, and only these undo a cut. */
export async function regionsAlone(sorted: readonly ComparedRegion[], slice: TimeSlice): Promise<MemoryRange[]> {
  const alone: MemoryRange[] = [];
  let covered = 0n;
  for (const [i, region] of sorted.entries()) {
    if (slice.isSpent()) await slice.renew();
    const end = endOf(region);
    const next = sorted[i + 1];
    if (region.baseAddr >= covered && (!next || next.baseAddr >= end)) alone.push({ start: region.baseAddr, end });
    if (end > covered) covered = end;
  }
  return alone;
}

/** `sorted`: regions of one side, ascending. `alone`, `others`: `regionsAlone` of both sides. `places`: from this side to the other one. */
export async function joinedSpans(
  sorted: readonly ComparedRegion[],
  { alone, others, places }: { alone: readonly MemoryRange[]; others: readonly MemoryRange[]; places: AlignedPlaces },
  slice: TimeSlice,
): Promise<RegionSpan[]> {
  const spans: (RegionSpan & { regionSize: bigint; regions: ComparedRegion[] })[] = [];
  let next = 0;
  let wasAlone = false;
  for (const region of sorted) {
    if (slice.isSpent(2)) await slice.renew();
    const isAlone = alone[next]?.start === region.baseAddr && alone[next]?.end === endOf(region);
    if (isAlone) next++;
    const last = spans.at(-1);
    if (last && isAlone && wasAlone && endOf(last) === region.baseAddr && isCovered(region.baseAddr, others, places)) {
      last.regions.push(region);
      last.regionSize += region.regionSize;
    } else {
      const { baseAddr, regionSize, head } = region;
      spans.push({ baseAddr, regionSize, head, regions: [region] });
    }
    wasAlone = isAlone;
  }
  return spans;
}

/** Whether one region of the other side has the addresses on both sides of a cut. */
function isCovered(cut: bigint, others: readonly MemoryRange[], places: AlignedPlaces): boolean {
  const [before, behind] = [places.translated(cut - 1n), places.translated(cut)];
  if (before === undefined || behind !== before + 1n) return false;
  const other = itemAt(others, before);
  return other !== undefined && behind < other.end;
}
