/** The ranges of memory that a minidump says to contain, from its lists of memory and from the stacks of threads: sorted, and no address twice. */
import { counted, sortInSlices, type TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { areRowNumbers, rowNumbers } from "../dump/dump-regions.js";
import type { ExactPages } from "../dump/exact-pages.js";
import { nextSlice } from "../dump/next-slice.js";
import { columns, GatheredRanges, type RangeColumns } from "./gathered-ranges.js";
import type { MinidumpFile } from "./minidump-file.js";
import { merged, missingFrom } from "./missing-ranges.js";
import { countedList, tellMissingRows } from "./row-lists.js";
import { MEMORY_DESCRIPTOR, MEMORY_DESCRIPTOR64, MEMORY64_LIST, StreamType, THREAD } from "./structures.js";

export interface RangeOptions {
  readonly regionLimit: number;
  readonly signal: AbortSignal | undefined;
  /** Is told where ranges begin and end, as the dump states them. */
  readonly pages: ExactPages;
}

/** Throws `limit` for more ranges than `regionLimit`, `source` and `aborted`. */
export async function readMemoryRanges(
  file: MinidumpFile,
  notes: DumpNotes,
  { regionLimit, signal, pages }: RangeOptions,
): Promise<RangeColumns> {
  const gathered = new GatheredRanges(file.source.size, regionLimit, pages);
  await readMemory64List(file, gathered, notes);
  await readMemoryList(file, gathered, notes);
  // In dumps of the whole memory the RVA of a stack is 0, or the low half of an offset above 4 GiB.
  if (!file.stream(StreamType.memory64List)) await readStacks(file, gathered, notes);
  const slice = await nextSlice(signal);
  const held = await disjoint(gathered, notes, slice);
  const missing = await missingFrom(gathered, held, slice);
  gathered.tell(notes, missing.bytes);
  return missing.count === 0 ? held : merged(held, missing, slice);
}

/** Contents lie back to back from BaseRva on: an impossible size leaves unknown where the next one begins. */
async function readMemory64List(file: MinidumpFile, ranges: GatheredRanges, notes: DumpNotes): Promise<void> {
  const stream = file.stream(StreamType.memory64List);
  if (!stream) return;
  if (stream.size < MEMORY64_LIST.size) return notes.damage("Memory64ListStream is cut off");
  const { numberOfMemoryRanges, baseRva } = MEMORY64_LIST.decode(await file.read(stream, MEMORY64_LIST.size));
  let offset = baseRva;
  const part = { rva: stream.rva + MEMORY64_LIST.size, size: stream.size - MEMORY64_LIST.size };
  const rule = { count: Number(numberOfMemoryRanges), size: MEMORY_DESCRIPTOR64.size };
  ranges.reserve(Math.min(rule.count, Math.floor(part.size / rule.size)));
  const rows = await file.eachRow(part, rule, (window, at) => {
    const { startOfMemoryRange, dataSize } = MEMORY_DESCRIPTOR64.decode(window, at);
    ranges.add(startOfMemoryRange, dataSize, offset);
    offset += dataSize;
    return;
  });
  tellMissingRows("Memory64ListStream", numberOfMemoryRanges, rows, notes);
}

async function readMemoryList(file: MinidumpFile, ranges: GatheredRanges, notes: DumpNotes): Promise<void> {
  const list = await countedList(file, StreamType.memoryList, MEMORY_DESCRIPTOR.size, notes);
  if (!list) return;
  ranges.reserve(Math.min(list.count, Math.floor(list.rows.size / MEMORY_DESCRIPTOR.size)));
  const rows = await file.eachRow(list.rows, { count: list.count, size: MEMORY_DESCRIPTOR.size }, (window, at) => {
    const { startOfMemoryRange, dataSize, rva } = MEMORY_DESCRIPTOR.decode(window, at);
    ranges.add(startOfMemoryRange, BigInt(dataSize), BigInt(rva));
    return;
  });
  tellMissingRows("MemoryListStream", BigInt(list.count), rows, notes);
}

/** Stacks of threads are in the list of memory, too; some programs leave them out there. */
async function readStacks(file: MinidumpFile, ranges: GatheredRanges, notes: DumpNotes): Promise<void> {
  const list = await countedList(file, StreamType.threadList, THREAD.size, notes);
  if (!list) return;
  await file.eachRow(list.rows, { count: list.count, size: THREAD.size }, (window, at) => {
    const { stackStart, stackSize, stackRva } = THREAD.decode(window, at);
    if (stackRva !== 0) ranges.add(stackStart, BigInt(stackSize), BigInt(stackRva));
    return;
  });
}

/** The bytes that the file has, in the order of addresses. Where ranges share addresses, the one that begins first has them; of two that begin at once, the first in the dump. */
async function disjoint(gathered: GatheredRanges, notes: DumpNotes, slice: TimeSlice): Promise<RangeColumns> {
  const { count, starts, offsets } = gathered;
  const order = await sortInSlices(rowNumbers(count), (a, b) => (starts[a] ?? 0n) < (starts[b] ?? 0n), slice);
  // In most files the rows are in order already: they are moved up in their own columns, unless what the file lacks of them is asked for afterwards.
  const kept = !gathered.isCut && (await areRowNumbers(order, slice)) ? gathered : columns(count);
  let [rows, end, conflicts, firstConflict] = [0, 0n, 0, 0n];
  for (const row of order) {
    if (slice.isSpent()) await slice.renew();
    const [start, length, offset] = [starts[row] ?? 0n, gathered.heldOf(row), offsets[row] ?? 0];
    if (length === 0n) continue;
    const shared = start < end ? end - start : 0n;
    const covered = shared < length ? shared : length;
    // The same bytes of the file at the same addresses, as of a stack that is in two lists, contradict nothing.
    const last = rows - 1;
    const isSame = covered > 0n && BigInt(offset) - start === BigInt(kept.offsets[last] ?? 0) - (kept.starts[last] ?? 0n);
    if (covered > 0n && !isSame && conflicts++ === 0) firstConflict = start;
    if (covered === length) continue;
    kept.starts[rows] = start + covered;
    kept.lengths[rows] = length - covered;
    kept.offsets[rows] = offset + Number(covered);
    end = start + length;
    rows++;
  }
  if (conflicts > 0) {
    const where = `the first one at 0x${firstConflict.toString(16)}`;
    notes.damage(
      `${counted(conflicts, "ranges")} of memory with addresses of others, ${where}: the range that begins first has them`,
    );
  }
  return { count: rows, starts: kept.starts, lengths: kept.lengths, offsets: kept.offsets };
}
