/** Ranges of addresses: checked, in order, without overlaps, and looked up. */
import { type MemoryRange, MslError } from "@memslice/msl";
import { sortInSlices, TimeSlice } from "@memslice/msl/work";
import { ADDRESS_SPACE_END } from "./memory.js";

/** A part of the range with this index in the caller's list. */
export interface OwnedRange extends MemoryRange {
  readonly index: number;
}

/** Throws `usage` for a range that is empty, ends before it starts, or does not lie in the 64-bit address space. */
function checkRange({ start, end }: MemoryRange): void {
  if (start >= 0n && start < end && end <= ADDRESS_SPACE_END) return;
  throw new MslError("usage", `The range ${hex(start)} to ${hex(end)} is none: expected 0 <= start < end <= 2^64`);
}

/** The ranges in ascending order; ranges that touch or overlap are one. */
export function joinedRanges(ranges: readonly MemoryRange[]): MemoryRange[] {
  const joined: { start: bigint; end: bigint }[] = [];
  for (const { start, end } of sorted(ranges)) {
    const last = joined.at(-1);
    if (last && start <= last.end) last.end = end > last.end ? end : last.end;
    else joined.push({ start, end });
  }
  return joined;
}

/** The ranges in ascending order. An address that several ranges hold belongs to the one that starts first; ranges without an address are left out. */
export function ownedRanges(ranges: readonly MemoryRange[]): OwnedRange[] {
  return withoutOverlaps(sorted(ranges));
}

function sorted(ranges: readonly MemoryRange[]): OwnedRange[] {
  for (const range of ranges) checkRange(range);
  return ranges
    .map(({ start, end }, index) => ({ start, end, index }))
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.index - b.index));
}

/** A stable sort by an address that pauses: lists of regions may be long. */
export async function sortedBy<T>(items: readonly T[], key: (item: T) => bigint, signal?: AbortSignal): Promise<T[]> {
  const keys = BigUint64Array.from(items, key);
  const before = (a: number, b: number) => (keys[a] ?? 0n) < (keys[b] ?? 0n);
  const order = await sortInSlices(Uint32Array.from(items.keys()), before, new TimeSlice(signal));
  return Array.from(order, (i) => items[i]).filter((item) => item !== undefined);
}

/** The parts of the ranges that no earlier range has; ranges without such a part are left out. `items`: ascending by start. */
export function withoutOverlaps<T extends MemoryRange>(items: readonly T[]): T[] {
  const parts: T[] = [];
  let covered = 0n;
  for (const item of items) {
    const start = item.start > covered ? item.start : covered;
    if (start >= item.end) continue;
    parts.push({ ...item, start });
    covered = item.end;
  }
  return parts;
}

/** The parts of the ranges that lie in no `hole`. Both: ascending and without overlaps. */
export function outside<T extends MemoryRange>(items: readonly T[], holes: readonly MemoryRange[]): T[] {
  const parts: T[] = [];
  let next = 0;
  for (const item of items) {
    let at = item.start;
    while ((holes[next]?.end ?? item.end) <= item.start) next++;
    for (let i = next; at < item.end; i++) {
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
