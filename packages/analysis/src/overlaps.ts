/** Regions that share addresses: which bytes reads by address do not give, and each region as a memory of its own. */
import type { Capture, Region } from "@memslice/msl";
import { AddressSpace } from "@memslice/msl/work";

export { type OverlappedParts, type OverlappedRegion, overlappedParts, overlappedRegions } from "@memslice/msl/work";

/**
 * The memory of one region alone: its own bytes, also at addresses where `capture.memory` prefers another region. Every question can be asked of it. What the
 * capture lacks as a whole counts for a region, too: a region may go on in a block that cannot be read, or behind the end of the file.
 * `capture`: the capture that the region is of.
 */
export function regionMemory({ memory }: Pick<Capture, "memory">, region: Region): AddressSpace {
  return new AddressSpace(async () => [region], memory, memory.origin);
}
