/** The pages of a region by their state, and how many of the captured ones the capture holds. */
import type { PageTally, Problem, Region } from "@memslice/msl";

export interface RegionPages {
  readonly tally: PageTally;
  /** Captured pages that lack some or all of their bytes. */
  readonly missing: number;
  /** Bytes of all captured pages, and how many of these bytes the capture has. */
  readonly needed: number;
  readonly held: number;
  readonly problem: Problem | undefined;
}

export async function regionPages(region: Region, signal: AbortSignal): Promise<RegionPages> {
  const tally = (await region.pages(signal)).tally();
  const { problem } = await region.check(signal);
  // Page data above a limit was not decompressed: all captured pages count as missing.
  if (problem?.id === "CMP-LIMIT") return { tally, missing: tally.captured, needed: 0, held: 0, problem };
  const { needed, held, missingPages } = await region.pageDataExtent(signal);
  return { tally, missing: missingPages, needed, held, problem };
}
