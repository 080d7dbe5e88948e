/** Which regions of a capture share addresses. */
import type { Deviation } from "../deviations/deviation.js";
import type { Region } from "../memory/region.js";
import { sortInSlices } from "../memory/sort-in-slices.js";
import { TimeSlice } from "../source/time-slice.js";

/** Regions that share addresses with one that begins before them, or with them in an earlier block: legal, and worth knowing. `regions`: in the order of their blocks. Throws `aborted`. */
export async function* regionOverlaps(
  regions: readonly Region[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Deviation, void, undefined> {
  const slice = new TimeSlice(signal);
  const order = await sortInSlices(Uint32Array.from(regions.keys()), (a, b) => baseOf(regions[a]) < baseOf(regions[b]), slice);
  let widest: Region | undefined;
  for (const position of order) {
    if (slice.isSpent()) await slice.renew();
    const region = regions[position];
    if (!region) continue;
    if (widest && region.regionSize > 0n && region.baseAddr < widest.endAddr) {
      const message = `The region at 0x${region.baseAddr.toString(16)} overlaps the one in block ${widest.block.index}`;
      yield { id: "REG-OVERLAP", message, offset: region.block.offset, block: region.block.index };
    }
    if (!widest || region.endAddr > widest.endAddr) widest = region;
  }
}

function baseOf(region: Region | undefined): bigint {
  return region?.baseAddr ?? 0n;
}
