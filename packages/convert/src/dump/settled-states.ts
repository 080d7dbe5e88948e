/**
 * Which pages of a dump were unmapped, by the table that an export added. A table of a hostile dump has very many runs, and its regions share addresses: each run serves one
 * region only, and as many runs of whole pages are kept as a table may have, so that work and memory follow the size of the file.
 */
import { counted, sortInSlices, type TimeSlice } from "@memslice/msl/work";
import { RUNS_MOST, UnmappedRuns } from "../own/unmapped-runs.js";
import type { DumpNotes } from "./dump-notes.js";
import { type DumpRegions, rowNumbers } from "./dump-regions.js";
import { nextSlice } from "./next-slice.js";
import { pageSizeFor } from "./region-pages.js";

/** Work of a region, in units of `TimeSlice`. */
const UNITS_PER_REGION = 4;

/**
 * Replaces `regions.unmapped` by runs of whole pages of the regions that it states. The absent pages of a region that shares addresses with another are failed, as are
 * those behind the last run that is kept; `notes` is told. Throws `aborted`.
 */
export async function settleStates(
  regions: DumpRegions,
  pageSize: number,
  notes: DumpNotes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { unmapped } = regions;
  if (!unmapped) return;
  const slice = await nextSlice(signal);
  const rows = rowNumbers(regions.length);
  const order = await sortInSlices(rows, (a, b) => regions.startOf(a) < regions.startOf(b), slice);
  await ignoreOverlapping(regions, order, pageSize, slice);
  const settled = new UnmappedRuns();
  let ignored = 0;
  for (const row of order) {
    if (slice.isSpent(UNITS_PER_REGION)) await slice.renew();
    const { start, end, page } = pagesOfRegion(regions, row, pageSize);
    if (!regions.isStated(row)) {
      if (regions.hasIgnoredStates(row) && !unmapped.within(start, end).next().done) ignored++;
      continue;
    }
    for (const run of unmapped.within(start, end)) {
      if (slice.isSpent()) await slice.renew();
      const first = run.start + ((page - ((run.start - start) % page)) % page);
      const last = run.end - ((run.end - start) % page);
      if (last > first) settled.add({ start: first, end: last });
    }
  }
  regions.unmapped = settled;
  if (ignored > 0)
    notes.damage(
      `the page states of ${counted(ignored, "regions")}: other regions have the same addresses, or the dump lacks bytes of them; absent pages are taken for failed`,
    );
  if (settled.tooMany)
    notes.damage(`page states behind the first ${RUNS_MOST} runs of unmapped pages: absent pages there are taken for failed`);
}

async function ignoreOverlapping(regions: DumpRegions, order: Uint32Array, pageSize: number, slice: TimeSlice): Promise<void> {
  let [reach, farthest] = [0n, 0];
  for (const row of order) {
    if (slice.isSpent(UNITS_PER_REGION)) await slice.renew();
    const { start, end } = pagesOfRegion(regions, row, pageSize);
    if (start < reach) {
      regions.ignoreStates(row);
      regions.ignoreStates(farthest);
    }
    if (end > reach) [reach, farthest] = [end, row];
  }
}

/** The addresses of the pages of a region, of which the last one may pass its end. */
function pagesOfRegion(regions: DumpRegions, row: number, pageSize: number) {
  const { start, size } = regions.region(row);
  const page = BigInt(pageSizeFor(size, pageSize));
  return { start, end: start + ((size + page - 1n) / page) * page, page };
}
