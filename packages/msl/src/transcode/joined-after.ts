/** Which fragments readers of the output join with the first one: their region has that one's timestamp and place. */
import { sortInSlices } from "../memory/sort-in-slices.js";
import type { TimeSlice } from "../source/time-slice.js";
import type { Circumstances } from "./circumstances.js";
import { BlockColumn } from "./column.js";
import { keptPageSize } from "./finer-pages.js";
import type { KeptBlocks } from "./kept-blocks.js";
import type { Lineage } from "./lineage.js";
import type { RegionPlaces } from "./region-places.js";

/** The first fragments of those later ones that continue the addresses of what stands before them. */
export async function joinedAfter(
  kept: KeptBlocks,
  lineage: Lineage,
  { capture, places }: Circumstances,
  slice: TimeSlice,
): Promise<BlockColumn> {
  const firstOf = (block: number) => lineage.firstOf(block) ?? block;
  const baseOf = (block: number) => places.region(block).region.baseAddr;
  const before = (a: number, b: number) => firstOf(a) < firstOf(b) || (firstOf(a) === firstOf(b) && baseOf(a) < baseOf(b));
  const fragments = await sortInSlices(await laterFragments(kept, lineage, places, slice), before, slice);
  const joined = new BlockColumn(capture.blocks.length);
  let chief: number | undefined;
  let end: Extent | undefined;
  for (const block of fragments) {
    if (slice.isSpent()) await slice.renew();
    const first = firstOf(block);
    if (first !== chief) {
      chief = first;
      end = places.get(first)?.kind === "region" ? extentOf(first, kept, places) : undefined;
    }
    const extent = extentOf(block, kept, places);
    if (!end || extent.baseAddr !== end.endAddr || extent.kind !== end.kind) continue;
    joined.set(block, first);
    end = extent;
  }
  return joined;
}

async function laterFragments(kept: KeptBlocks, lineage: Lineage, places: RegionPlaces, slice: TimeSlice): Promise<Uint32Array> {
  const fragments = new Uint32Array(kept.count);
  let count = 0;
  for (const block of places.regionBlocks()) {
    if (slice.isSpent()) await slice.renew();
    if (lineage.firstOf(block) !== undefined) fragments[count++] = block;
  }
  return fragments.subarray(0, count);
}

interface Extent {
  readonly baseAddr: bigint;
  readonly endAddr: bigint;
  /** What fragments of one region have in common. */
  readonly kind: string;
}

/** Of a region that goes over, in the output. */
function extentOf(block: number, kept: KeptBlocks, places: RegionPlaces): Extent {
  const { head, baseAddr, regionSize } = places.region(block).region;
  const pageSize = kept.kindOf(block) === "raw" ? head.pageSize : keptPageSize(head);
  const size = BigInt(pageSize);
  const endAddr = baseAddr + ((regionSize + size - 1n) / size) * size;
  return { baseAddr, endAddr, kind: `${head.protection} ${head.regionType} ${pageSize}` };
}
