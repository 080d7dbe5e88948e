/** Ranges of addresses: checked, in order, without overlaps, and looked up. */
import { type MemoryRange, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, runInSlices, type SlicedWork, sortInSlices, TimeSlice } from "@memslice/msl/work";

/** Items between two steps, which take about as many units of work. */
const PER_STEP = 1024;

/** A part of the range with this index in the caller's list. */
export interface OwnedRange extends MemoryRange {
  readonly index: number;
}

/** Throws `usage` for a range that is empty, ends before it starts, or does not lie in the 64-bit address space. */
export function checkRange({ start, end }: MemoryRange): void {
  if (typeof start !== "bigint" || typeof end !== "bigint") {
    throw new MslError(
      "usage",
      `A range has a start of the type ${typeof start} and an end of the type ${typeof end}, expected bigints`,
    );
  }
  if (start >= 0n && start < end && end <= ADDRESS_SPACE_END) return;
  throw new MslError("usage", `The range ${hex(start)} to ${hex(end)} is none: expected 0 <= start < end <= 2^64`);
}

/** The ranges in ascending order; ranges that touch or overlap are one. Throws `usage` for a range that is empty or passes 2^64, and `aborted`. */
export async function joinedRanges(ranges: readonly MemoryRange[], signal?: AbortSignal): Promise<MemoryRange[]> {
  const slice = new TimeSlice(signal);
  const joined: { start: bigint; end: bigint }[] = [];
  for (const { start, end } of await sorted(ranges, slice)) {
    if (slice.isSpent()) await slice.renew();
    const last = joined.at(-1);
    if (last && start <= last.end) last.end = end > last.end ? end : last.end;
    else joined.push({ start, end });
  }
  return joined;
}

/**
 * The ranges in ascending order. An address that several ranges hold belongs to the one that starts first; ranges without an address are left out. Throws
 * `usage` for a range that is empty or passes 2^64, and `aborted`.
 */
export async function ownedRanges(ranges: readonly MemoryRange[], signal?: AbortSignal): Promise<OwnedRange[]> {
  const slice = new TimeSlice(signal);
  return runInSlices(withoutOverlaps(await sorted(ranges, slice)), signal, slice);
}

/** Ranges that start at one address keep their order. */
async function sorted(ranges: readonly MemoryRange[], slice: TimeSlice): Promise<OwnedRange[]> {
  const checked: OwnedRange[] = [];
  for (const [index, range] of ranges.entries()) {
    if (slice.isSpent()) await slice.renew();
    checkRange(range);
    checked.push({ start: range.start, end: range.end, index });
  }
  return sortedIn(slice, checked, ({ start }) => start);
}

/** A stable sort by an address that pauses: lists of regions may be long. */
export function sortedBy<T>(items: readonly T[], key: (item: T) => bigint, signal?: AbortSignal): Promise<T[]> {
  return sortedIn(new TimeSlice(signal), items, key);
}

async function sortedIn<T>(slice: TimeSlice, items: readonly T[], key: (item: T) => bigint): Promise<T[]> {
  const keys = new BigUint64Array(items.length);
  const indexes = new Uint32Array(items.length);
  for (const [i, item] of items.entries()) {
    if (slice.isSpent()) await slice.renew();
    keys[i] = key(item);
    indexes[i] = i;
  }
  const before = (a: number, b: number) => (keys[a] ?? 0n) < (keys[b] ?? 0n);
  const ordered: T[] = [];
  for (const i of await sortInSlices(indexes, before, slice)) {
    if (slice.isSpent()) await slice.renew();
    const item = items[i];
    if (item !== undefined) ordered.push(item);
  }
  return ordered;
}

/** The parts of the ranges that no earlier range has; ranges without such a part are left out. `items`: ascending by start. */
export function* withoutOverlaps<T extends MemoryRange>(items: readonly T[]): SlicedWork<T[]> {
  const parts: T[] = [];
  let covered = 0n;
  for (const [i, item] of items.entries()) {
    if (i % PER_STEP === PER_STEP - 1) yield PER_STEP;
    const start = item.start > covered ? item.start : covered;
    if (start >= item.end) continue;
    parts.push({ ...item, start });
    covered = item.end;
  }
  return parts;
}

/** The parts of the ranges that lie in no `hole`. Both: ascending and without overlaps. */
export function* outside<T extends MemoryRange>(items: readonly T[], holes: readonly MemoryRange[]): SlicedWork<T[]> {
  const parts: T[] = [];
  let next = 0;
  let units = 0;
  for (const item of items) {
    let at = item.start;
    for (; (holes[next]?.end ?? item.end) <= item.start; next++) units++;
    for (let i = next; at < item.end; i++) {
      if (++units >= PER_STEP) {
        yield units;
        units = 0;
      }
      const hole = holes[i];
      const end = hole && hole.start < item.end ? hole.start : item.end;
      if (end > at) parts.push({ ...item, start: at, end });
      if (!hole || hole.start >= item.end) break;
      if (hole.end > at) at = hole.end;
    }
  }
  return parts;
}

/** The range that contains the address. `items`: ascending and without overlaps. */
export function itemAt<T extends MemoryRange>(items: readonly T[], address: bigint): T | undefined {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.start ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  const item = items[low - 1];
  return item && address < item.end ? item : undefined;
}

export function hex(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
