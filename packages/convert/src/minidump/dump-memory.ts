/** The regions of a minidump with the bytes that the file has of them, from the regions that it describes and the ranges that it contains (FORMAT.md 8.2). */
import { ADDRESS_SPACE_END, TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { DumpRegions } from "../dump/dump-regions.js";
import { type RegionColumns, roundedUp } from "./described-regions.js";
import { NOT_IN_FILE, type RangeColumns } from "./memory-ranges.js";
import { WholePages } from "./whole-pages.js";

export interface MemoryOptions {
  readonly pageSize: number;
  readonly regionLimit: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Every described region, with the bytes of the ranges inside. Ranges that no description covers become regions of their own, without a protection: with a
 * description around them they begin at the border of a page; without any they begin where the dump says, and ranges that share a page are one region. Pages with
 * bytes that a file that was cut off does not have are failed, and a region around them begins at the border of a page, too.
 */
export async function memoryOf(
  described: RegionColumns | undefined,
  ranges: RangeColumns,
  notes: DumpNotes,
  { pageSize, regionLimit, signal }: MemoryOptions,
): Promise<DumpRegions> {
  const regions = new DumpRegions(regionLimit);
  const slice = new TimeSlice(signal);
  const walk = new RangeWalk(ranges);
  const page = BigInt(pageSize);
  /** Where the region that was added last ends. */
  let least = 0n;
  let [undescribed, lost, beside] = [0, 0n, 0n];
  const addBytes = async (start: bigint, end: bigint) => {
    const pages = new WholePages(regions, start, page);
    while (walk.start < end) {
      if (slice.isSpent()) await slice.renew();
      walk.take(end, pages);
    }
    beside += pages.finish();
    least = end;
  };
  const addUndescribed = async (until: bigint) => {
    while (walk.start < until) {
      if (slice.isSpent()) await slice.renew();
      const { start, end } = clusterFrom(walk, { least, until, page, aligned: described !== undefined });
      if (end <= walk.start) {
        lost += walk.skip(until);
        continue;
      }
      regions.add({ start, size: end - start, protection: 0, type: 0, absent: "failed" });
      undescribed++;
      await addBytes(start, end);
    }
  };
  for (let row = 0; row < (described?.count ?? 0); row++) {
    if (slice.isSpent()) await slice.renew();
    const [start, end] = [described?.starts[row] ?? 0n, (described?.lasts[row] ?? 0n) + 1n];
    await addUndescribed(start);
    regions.add({
      ...{ start, size: end - start, absent: "failed" },
      ...{ protection: described?.protections[row] ?? 0, type: described?.types[row] ?? 0 },
    });
    await addBytes(start, end);
  }
  await addUndescribed(ADDRESS_SPACE_END);
  if (undescribed > 0 && described)
    notes.assume(`${undescribed} regions have bytes and are not described as committed: their protection is not known`);
  if (undescribed > 0 && !described)
    notes.assume("the dump does not describe its regions: their protection and type are not known");
  if (beside > 0n)
    notes.damage(
      `${beside} bytes of the file are in failed pages: the other bytes of these pages lie behind the end of the file`,
    );
  if (lost > 0n) notes.damage(`${lost} bytes lie between regions that leave no room for a page`);
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

/** The region around the next ranges, in whole pages between its neighbours; `end` is the start of the ranges or less if there is no room for one page. */
function clusterFrom(walk: RangeWalk, { least, until, page, aligned }: Gap): { readonly start: bigint; readonly end: bigint } {
  const stated = walk.start;
  const border = stated - (stated % page);
  const early = border < least ? least : border;
  const whole = (start: bigint) => start + roundedUp(walk.endOfCluster(start, page, until) - start, page);
  const own = whole(stated);
  // Absent pages of any number can be stored from the border of a page on.
  const start = !aligned && own <= until && !walk.isCut(own) ? stated : early;
  const end = whole(start);
  return { start, end: end <= until ? end : start + ((until - start) / page) * page };
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

  /** Leaves out the bytes before `until`, and returns their number. */
  skip(until: bigint): bigint {
    const from = this.start;
    const to = this.end < until ? this.end : until;
    this.#advance(to);
    return to - from;
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
