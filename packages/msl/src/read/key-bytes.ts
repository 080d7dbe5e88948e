/**
 * The bytes of keys, read region by region and forward: page data that is decompressed in pieces can only be read on, and going back for every
 * hint would decompress it from its start each time.
 */
import type { BlockRegion } from "../memory/block-region.js";
import type { TimeSlice } from "../source/time-slice.js";

/** Bytes of a region's page data that a hint names. */
export interface KeyPlace {
  readonly region: BlockRegion;
  /** In the page data. */
  readonly offset: number;
  readonly length: number;
  /** Set by `readKeys`. */
  bytes?: Uint8Array;
}

/** Sets the bytes of all places. Each region's page data is passed over once. */
export async function readKeys(places: readonly KeyPlace[], slice: TimeSlice, signal: AbortSignal | undefined): Promise<void> {
  const regions = new Map<BlockRegion, KeyPlace[]>();
  for (const place of places) {
    const group = regions.get(place.region);
    if (group) group.push(place);
    else regions.set(place.region, [place]);
  }
  for (const [region, group] of regions) {
    group.sort((a, b) => a.offset - b.offset);
    await readForward(region, group, slice, signal);
  }
}

/** `places`: by their offsets. Bytes that the next place may share stay at hand, so that nothing is read twice. */
async function readForward(
  region: BlockRegion,
  places: readonly KeyPlace[],
  slice: TimeSlice,
  signal: AbortSignal | undefined,
): Promise<void> {
  let kept: Uint8Array = new Uint8Array(0);
  let start = 0;
  for (const place of places) {
    if (slice.isSpent(8)) await slice.renew();
    const { offset, length } = place;
    const end = start + kept.length;
    if (offset >= end) {
      kept = new Uint8Array(0);
      start = offset;
    } else {
      kept = kept.subarray(offset - start);
      start = offset;
    }
    const missing = offset + length - (start + kept.length);
    if (missing > 0) {
      const more = await region.readPageData(start + kept.length, missing, signal);
      const joined = new Uint8Array(kept.length + more.length);
      joined.set(kept);
      joined.set(more, kept.length);
      kept = joined;
    }
    place.bytes = kept.slice(0, length);
  }
}
