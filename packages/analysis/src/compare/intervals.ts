/** Addresses `[start, end)`: in order, without overlaps, and looked up. */
import { sortInSlices, TimeSlice } from "@memslice/msl/work";

export interface Interval {
  readonly start: bigint;
  readonly end: bigint;
}

/** A stable sort by an address that pauses: lists of regions may be long. */
export async function sortedBy<T>(items: readonly T[], key: (item: T) => bigint, signal?: AbortSignal): Promise<T[]> {
  const keys = BigUint64Array.from(items, key);
  const before = (a: number, b: number) => (keys[a] ?? 0n) < (keys[b] ?? 0n);
  const order = await sortInSlices(Uint32Array.from(items.keys()), before, new TimeSlice(signal));
  return Array.from(order, (i) => items[i]).filter((item) => item !== undefined);
}

/** The parts of the items that no earlier item has. Items: ascending by start. Items without such a part are left out. */
export function withoutOverlaps<T extends Interval>(items: readonly T[]): T[] {
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

/** The parts of the items that lie in no `hole`. Both ascending and without overlaps. */
export function outside<T extends Interval>(items: readonly T[], holes: readonly Interval[]): T[] {
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

/** The item that contains the address. Items: ascending and without overlaps. */
export function itemAt<T extends Interval>(items: readonly T[], address: bigint): T | undefined {
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
