/** The regions of a minidump with the bytes that the file has of them, from the regions that it describes and the ranges that it contains. */
import { ADDRESS_SPACE_END, counted } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { type DumpRegion, DumpRegions } from "../dump/dump-regions.js";
import { ExactPages, LEAST_PAGE } from "../dump/exact-pages.js";
import { nextSlice } from "../dump/next-slice.js";
import type { UnmappedRuns } from "../own/unmapped-runs.js";
import { ordered, type RegionColumns, readMemoryInfo, roundedUp } from "./described-regions.js";
import { NOT_IN_FILE, type RangeColumns } from "./gathered-ranges.js";
import { readLinuxMaps } from "./linux-maps.js";
import { readMemoryRanges } from "./memory-ranges.js";
import type { MinidumpFile } from "./minidump-file.js";
import { PageParts } from "./page-parts.js";
import { WholePages } from "./whole-pages.js";

interface MemoryOptions {
  /** Bytes of a page of the machine. */
  readonly pageSize: number;
  readonly regionLimit: number;
  /** Which absent pages were unmapped, in minidumps that were exported by us. */
  readonly unmapped?: UnmappedRuns | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface DumpedMemory {
  readonly regions: DumpRegions;
  /** The page size in which all regions are whole, if there is one. */
  readonly pageSize: number;
  /** The mappings of LinuxMaps, if the dump has them. */
  readonly maps: RegionColumns | undefined;
}

/** The regions of a dump. Throws `limit`, `source` and `aborted`. */
export async function readMemory(file: MinidumpFile, notes: DumpNotes, options: MemoryOptions): Promise<DumpedMemory> {
  const { regionLimit, signal } = options;
  const maps = await readLinuxMaps(file, notes, signal);
  const stated = (await readMemoryInfo(file, notes)) ?? maps;
  const pages = new ExactPages(options.pageSize);
  const slice = await nextSlice(signal);
  for (let row = 0; row < (stated?.count ?? 0); row++) {
    if (slice.isSpent()) await slice.renew();
    pages.add((stated?.starts[row] ?? 0n) | ((stated?.lasts[row] ?? 0n) + 1n));
  }
  const ranges = await readMemoryRanges(file, notes, { regionLimit, signal, pages });
  const pageSize = pages.sizeFor(options.pageSize, notes);
  const described = stated && (await ordered(stated, notes, { pageSize, signal }));
  return { regions: await memoryOf(described, ranges, notes, { ...options, pageSize }), pageSize, maps };
}

/**
 * Every described region, with the bytes of the ranges inside. Ranges that no description covers become regions of their own, without a protection: with a
 * description around them they begin at the border of a page; without any they begin where the dump says, and ranges that share a page are one region. Pages with
 * bytes that a file that was cut off does not have are failed, and a region around them begins at the border of a page, too.
 */
async function memoryOf(
  described: RegionColumns | undefined,
  ranges: RangeColumns,
  notes: DumpNotes,
  { pageSize, regionLimit, unmapped, signal }: MemoryOptions,
): Promise<DumpRegions> {
  const regions = new DumpRegions(regionLimit, Math.max(described?.count ?? 0, ranges.count));
  regions.unmapped = unmapped;
  const slice = await nextSlice(signal);
  const walk = new RangeWalk(ranges);
  const page = BigInt(pageSize);
  /** Where the region that was added last ends. */
  let least = 0n;
  let [undescribed, beside, apart] = [0, 0n, 0];
  const parts = new PageParts();
  const addBytes = async (start: bigint, end: bigint, { protection, type }: Pick<DumpRegion, "protection" | "type">) => {
    const pages = new WholePages(regions, start, page, parts);
    while (walk.start < end) {
      if (slice.isSpent()) await slice.renew();
      walk.take(end, pages);
    }
    beside += pages.finish();
    // Pages of ranges without all of their bytes are failed, whatever the dump states of them.
    if (pages.isCut || parts.length > 0) regions.ignoreStates(regions.length - 1);
    least = end;
    apart += parts.length;
    await parts.moveTo(regions, { protection, type }, slice);
  };
  const addUndescribed = async (until: bigint) => {
    while (walk.start < until) {
      if (slice.isSpent()) await slice.renew();
      const { start, end } = clusterFrom(walk, { least, until, page, aligned: described !== undefined });
      const unknown = { protection: 0, type: 0 };
      regions.add({ start, size: end - start, ...unknown, absent: "failed" });
      undescribed++;
      await addBytes(start, end, unknown);
    }
  };
  for (let row = 0; row < (described?.count ?? 0); row++) {
    if (slice.isSpent()) await slice.renew();
    const [start, end] = [described?.starts[row] ?? 0n, (described?.lasts[row] ?? 0n) + 1n];
    await addUndescribed(start);
    const stated = { protection: described?.protections[row] ?? 0, type: described?.types[row] ?? 0 };
    regions.add({ start, size: end - start, ...stated, absent: "failed" }, true);
    await addBytes(start, end, stated);
  }
  await addUndescribed(ADDRESS_SPACE_END);
  if (undescribed > 0 && described)
    notes.assume(`${counted(undescribed, "regions")} with bytes, not described as committed: without a known protection`);
  if (undescribed > 0 && !described)
    notes.assume("the dump does not describe its regions: their protection and type are not known");
  if (beside > 0n)
    notes.damage(
      `${beside} bytes of the file are in failed pages: the other bytes of these pages lie behind the end of the file`,
    );
  if (apart > 0)
    notes.assume(
      `${counted(apart, "regions")} of pages of ${LEAST_PAGE} bytes with what the dump has of pages whose first bytes it lacks; these pages are failed`,
    );
  return regions;
}

interface Gap {
  /** No region may begin before. */
  readonly least: bigint;
  /** No region may end behind. */
  readonly until: bigint;
  readonly page: bigint;
  /** Whether regions begin at the border of a page. */
  readonly aligned: boolean;
}

/** The region around the next ranges, in whole pages between its neighbours; where these leave no room for one page, the bytes themselves. */
function clusterFrom(walk: RangeWalk, { least, until, page, aligned }: Gap): { readonly start: bigint; readonly end: bigint } {
  const stated = walk.start;
  const border = stated - (stated % page);
  const early = border < least ? least : border;
  const whole = (start: bigint) => start + roundedUp(walk.endOfCluster(start, page, until) - start, page);
  const own = whole(stated);
  // Absent pages of any number can be stored from the border of a page on.
  const start = !aligned && own <= until && !walk.isCut(own) ? stated : early;
  const end = whole(start);
  const kept = end <= until ? end : start + ((until - start) / page) * page;
  if (kept > stated) return { start, end: kept };
  const latest = ADDRESS_SPACE_END - BigInt(LEAST_PAGE);
  return { start: stated < latest ? stated : latest, end: walk.endOfCluster(stated, page, until) };
}

/** Takes the ranges in order, in parts. */
class RangeWalk {
  readonly #ranges: RangeColumns;
  #row = 0;
  /** Bytes of the row that are taken. */
  #taken = 0n;

  constructor(ranges: RangeColumns) {
    this.#ranges = ranges;
  }

  /** The first address that is not taken; 2^64 behind the last one. */
  get start(): bigint {
    return this.#row < this.#ranges.count ? this.#startOf(this.#row) + this.#taken : ADDRESS_SPACE_END;
  }

  /** The end of the range that has `start`. */
  get end(): bigint {
    return this.#endOf(this.#row);
  }

  /** The end of the ranges from the next one on that share pages with each other, if pages are counted from `start`; `until` at most. */
  endOfCluster(start: bigint, page: bigint, until: bigint): bigint {
    let end = this.end;
    for (let row = this.#row + 1; row < this.#ranges.count && this.#startOf(row) < until; row++) {
      if (this.#startOf(row) >= start + roundedUp(end - start, page)) break;
      end = this.#endOf(row);
    }
    return end < until ? end : until;
  }

  /** Whether the file lacks bytes of the ranges before `end`. */
  isCut(end: bigint): boolean {
    for (let row = this.#row; row < this.#ranges.count && this.#startOf(row) < end; row++) {
      if (this.#ranges.offsets[row] === NOT_IN_FILE) return true;
    }
    return false;
  }

  /** Adds bytes of the next range up to `end` to the region that was added last. */
  take(end: bigint, pages: WholePages): void {
    const address = this.start;
    const to = this.end < end ? this.end : end;
    const offset = this.#ranges.offsets[this.#row] ?? NOT_IN_FILE;
    if (offset === NOT_IN_FILE) pages.fail(address, to);
    else pages.add({ address, offset: offset + Number(this.#taken), length: Number(to - address) });
    this.#advance(to);
  }

  #advance(to: bigint): void {
    if (to === this.end) {
      this.#row++;
      this.#taken = 0n;
    } else this.#taken = to - this.#startOf(this.#row);
  }

  #startOf(row: number): bigint {
    return this.#ranges.starts[row] ?? ADDRESS_SPACE_END;
  }

  #endOf(row: number): bigint {
    return this.#startOf(row) + (this.#ranges.lengths[row] ?? 0n);
  }
}
