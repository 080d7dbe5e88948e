/** Which address space a minidump describes, whether it has the bytes or not: MemoryInfoListStream, or the maps of Linux that Breakpad adds. */
import { ADDRESS_SPACE_END, counted, sortInSlices } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { areRowNumbers, rowNumbers } from "../dump/dump-regions.js";
import { nextSlice } from "../dump/next-slice.js";
import { LostFields } from "./lost-fields.js";
import type { MinidumpFile } from "./minidump-file.js";
import { KNOWN_PROTECT, MemoryState, protectionOf, regionTypeOf } from "./protections.js";
import { tellMissingRows } from "./row-lists.js";
import { MEMORY_INFO, MEMORY_INFO_LIST, StreamType } from "./structures.js";

/** Regions as columns: as the dump has them, or as `ordered` makes them. */
export interface RegionColumns {
  readonly count: number;
  readonly starts: BigUint64Array;
  /** The address of the last byte of each region. */
  readonly lasts: BigUint64Array;
  readonly protections: Uint8Array;
  readonly types: Uint8Array;
}

/** The committed regions of MemoryInfoListStream; undefined if the dump has none. Reserved and free addresses have no bytes in any process. */
export async function readMemoryInfo(file: MinidumpFile, notes: DumpNotes): Promise<RegionColumns | undefined> {
  const stream = file.stream(StreamType.memoryInfoList);
  if (!stream || stream.size < MEMORY_INFO_LIST.size) {
    if (stream) notes.damage("MemoryInfoListStream is cut off");
    return undefined;
  }
  const { sizeOfHeader, sizeOfEntry, numberOfEntries } = MEMORY_INFO_LIST.decode(await file.read(stream, MEMORY_INFO_LIST.size));
  if (sizeOfHeader < MEMORY_INFO_LIST.size || sizeOfEntry < MEMORY_INFO.size || sizeOfHeader > stream.size) {
    notes.damage(`MemoryInfoListStream has a header of ${sizeOfHeader} bytes and entries of ${sizeOfEntry}: it is not read`);
    return undefined;
  }
  const part = { rva: stream.rva + sizeOfHeader, size: stream.size - sizeOfHeader };
  const room = Math.min(Number(numberOfEntries), Math.floor(part.size / sizeOfEntry));
  const rows = columns(room);
  let [count, unknownProtections, passing] = [0, 0, 0];
  let [reserved, reservedBytes] = [0, 0n];
  const lost = new LostFields();
  const read = await file.eachRow(part, { count: Number(numberOfEntries), size: sizeOfEntry }, (window, at) => {
    const { baseAddress, regionSize, state, protect, type, allocationBase, allocationProtect } = MEMORY_INFO.decode(window, at);
    if (state === MemoryState.reserve) {
      reserved++;
      reservedBytes += regionSize;
    }
    if (state !== MemoryState.commit || regionSize === 0n) return;
    lost.addAll({ AllocationBase: allocationBase, AllocationProtect: allocationProtect });
    lost.add("other bits of Protect", protect & ~KNOWN_PROTECT);
    if (regionTypeOf(type) === 0) lost.add("Type", type);
    const end = baseAddress + regionSize;
    if (end > ADDRESS_SPACE_END) passing++;
    const protection = protectionOf(protect);
    if (protection === undefined) unknownProtections++;
    rows.starts[count] = baseAddress;
    rows.lasts[count] = (end > ADDRESS_SPACE_END ? ADDRESS_SPACE_END : end) - 1n;
    rows.protections[count] = protection ?? 0;
    rows.types[count] = regionTypeOf(type);
    count++;
    return;
  });
  tellMissingRows("MemoryInfoListStream", numberOfEntries, read, notes);
  lost.tell(notes, "MemoryInfoListStream", "regions");
  if (reserved > 0)
    notes.lose(`${counted(reserved, "regions")} of ${reservedBytes} reserved bytes: without memory, and in no capture`);
  if (passing > 0) notes.damage(`${counted(passing, "regions")} past the end of the address space: cut there`);
  if (unknownProtections > 0)
    notes.damage(`${counted(unknownProtections, "regions")} with a protection that Windows does not have: stored without one`);
  return { ...rows, count };
}

/** Columns with room for `room` regions, all zeros. */
export function columns(room: number) {
  return {
    starts: new BigUint64Array(room),
    lasts: new BigUint64Array(room),
    protections: new Uint8Array(room),
    types: new Uint8Array(room),
  };
}

/**
 * Sorted by address, perhaps in the given columns, in whole pages from the start of each region, and without shared addresses: the region that begins first has them. Regions of other programs
 * need not begin at the border of a page.
 */
export async function ordered(
  { count, starts, lasts, protections, types }: RegionColumns,
  notes: DumpNotes,
  { pageSize, signal }: { readonly pageSize: number; readonly signal: AbortSignal | undefined },
): Promise<RegionColumns> {
  const slice = await nextSlice(signal);
  const rowsByStart = rowNumbers(count);
  const order = await sortInSlices(rowsByStart, (a, b) => (starts[a] ?? 0n) < (starts[b] ?? 0n), slice);
  // In most files the rows are in order already: they are moved up in their own columns.
  const kept = (await areRowNumbers(order, slice)) ? { starts, lasts, protections, types } : columns(count);
  const page = BigInt(pageSize);
  let [rows, end, overlaps, rounded] = [0, 0n, 0, 0];
  for (const row of order) {
    if (slice.isSpent()) await slice.renew();
    const [stated, last] = [starts[row] ?? 0n, lasts[row] ?? 0n];
    const from = stated < end ? end : stated;
    if (from !== stated) overlaps++;
    if (from > last) continue;
    const { start, end: to } = wholePages(from, last + 1n, end, page);
    if (start !== from || to !== last + 1n) rounded++;
    if (to <= start) continue;
    kept.starts[rows] = start;
    kept.lasts[rows] = to - 1n;
    kept.protections[rows] = protections[row] ?? 0;
    kept.types[rows] = types[row] ?? 0;
    end = to;
    rows++;
  }
  if (rounded > 0)
    notes.assume(`${counted(rounded, "described regions")} with no whole number of pages: rounded to pages of ${pageSize}`);
  if (overlaps > 0)
    notes.damage(`${counted(overlaps, "described regions")} with addresses of others: the region that begins first has them`);
  return { count: rows, ...kept };
}

/**
 * Whole pages from `from` on that reach `to`. No region may pass the end of the address space: there they begin earlier, at the border of a page but not before
 * `least`; and end earlier if there is no room for that.
 */
function wholePages(from: bigint, to: bigint, least: bigint, page: bigint): { readonly start: bigint; readonly end: bigint } {
  const end = from + roundedUp(to - from, page);
  if (end <= ADDRESS_SPACE_END) return { start: from, end };
  const aligned = from - (from % page);
  const start = aligned < least ? least : aligned;
  return { start, end: start + ((ADDRESS_SPACE_END - start) / page) * page };
}

/** The bytes of the pages that `size` bytes need. */
export function roundedUp(size: bigint, page: bigint): bigint {
  return ((size + page - 1n) / page) * page;
}
