/** Ranges of addresses that callers ask about, checked, sorted and without overlaps. */
import { type MemoryRange, MslError } from "@memslice/msl";
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
  const owned: OwnedRange[] = [];
  let covered = 0n;
  for (const { start, end, index } of sorted(ranges)) {
    if (end <= covered) continue;
    owned.push({ start: start > covered ? start : covered, end, index });
    covered = end;
  }
  return owned;
}

function sorted(ranges: readonly MemoryRange[]): OwnedRange[] {
  for (const range of ranges) checkRange(range);
  return ranges
    .map(({ start, end }, index) => ({ start, end, index }))
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.index - b.index));
}

export function hex(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
