/**
 * Which pages of an address range the process has (Documentation/admin-guide/mm/pagemap.rst): a page that has no entry in its page table is not in memory,
 * and reading it would make the process grow.
 */
import type { ProcessFiles } from "./process-files.js";

/** Consecutive pages that are there, or not there. */
export interface PageStretchAt {
  readonly start: bigint;
  readonly end: bigint;
  /** In memory, or in swap. */
  readonly present: boolean;
}

const ENTRY_BYTES = 8;
/** Entries that are read at once. */
const WINDOW_ENTRIES = 32 * 1024;
/** The most entries that this thread reads itself; a larger read is handed to another thread. Handing a smaller one over takes longer than reading it. */
const ENTRIES_NOW = 2048;
/** In the highest byte of an entry: bit 63 present, bit 62 swapped, bit 58 a guard page (MADV_GUARD_INSTALL), which looks like a swapped one. */
const HIGHEST_BYTE = 7;
const PRESENT_OR_SWAPPED = 0xc0;
const GUARD = 0x04;
/** Bit 61: the page belongs to a file or to shared memory. */
const OF_FILE = 0x20;

/** Which pages count as present: all that have content, or those that are the process's own, such as its copies of pages of a file. */
type Wanted = "all" | "copied";

/** Whether the page of entry `index` has content. */
function isThere(entries: Uint8Array, index: number, wanted: Wanted = "all"): boolean {
  const bits = entries[index * ENTRY_BYTES + HIGHEST_BYTE] ?? 0;
  return (bits & PRESENT_OR_SWAPPED) !== 0 && (bits & GUARD) === 0 && (wanted === "all" || (bits & OF_FILE) === 0);
}

/**
 * The stretches from `start` to `end`, both multiples of the page size: ascending, without gaps. Pages that are not there are one stretch, however many
 * they are; pages that are there are read soon after they were found, so they are given in parts.
 */
export async function* pageStretches(
  files: Pick<ProcessFiles, "pagemap" | "pagemapNow">,
  { start, end, pageBytes }: { readonly start: bigint; readonly end: bigint; readonly pageBytes: bigint },
  wanted: Wanted = "all",
): AsyncGenerator<PageStretchAt, void, undefined> {
  const window = Number(minimum((end - start) / pageBytes, BigInt(WINDOW_ENTRIES)));
  const entries = new Uint8Array(window * ENTRY_BYTES);
  let open: { start: bigint; present: boolean } | undefined;
  for (let at = start; at < end; ) {
    const asked = Number(minimum((end - at) / pageBytes, BigInt(window)));
    const target = entries.subarray(0, asked * ENTRY_BYTES);
    const first = at / pageBytes;
    const count = asked > ENTRIES_NOW ? await files.pagemap(first, target) : files.pagemapNow(first, target);
    // Behind the end of the address space, or in one that is gone, no page is there.
    entries.fill(0, count * ENTRY_BYTES, asked * ENTRY_BYTES);
    for (let index = 0; index < asked; index++) {
      const present = isThere(entries, index, wanted);
      if (open?.present === present) continue;
      const address = at + BigInt(index) * pageBytes;
      if (open) yield { ...open, end: address };
      open = { start: address, present };
    }
    at += BigInt(asked) * pageBytes;
    if (open?.present) {
      yield { ...open, end: at };
      open = undefined;
    }
  }
  if (open) yield { ...open, end };
}

/** The number of pages from `start` on that are not there, at most `most`. For a few pages, because it blocks. */
export function missingFrom(files: Pick<ProcessFiles, "pagemapNow">, start: bigint, most: number, pageBytes: bigint): number {
  const entries = new Uint8Array(Math.min(most, WINDOW_ENTRIES) * ENTRY_BYTES);
  const known = files.pagemapNow(start / pageBytes, entries);
  for (let index = 0; index < known; index++) if (isThere(entries, index)) return index;
  return entries.length / ENTRY_BYTES;
}

/** Whether a page was made to fail by its process (MADV_GUARD_INSTALL). */
export function isGuard(files: Pick<ProcessFiles, "pagemapNow">, start: bigint, pageBytes: bigint): boolean {
  const entry = new Uint8Array(ENTRY_BYTES);
  return files.pagemapNow(start / pageBytes, entry) === 1 && ((entry[HIGHEST_BYTE] ?? 0) & GUARD) !== 0;
}

export function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
