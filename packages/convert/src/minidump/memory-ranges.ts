/** The ranges of memory whose bytes a minidump has, from its lists of memory and from the stacks of threads: sorted, and no address twice. */
import { ADDRESS_SPACE_END, MslError, sortInSlices, TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import type { MinidumpFile } from "./minidump-file.js";
import { MEMORY_DESCRIPTOR, MEMORY_DESCRIPTOR64, MEMORY64_LIST, StreamType, THREAD } from "./structures.js";

const FIRST_ROWS = 256;

/** Ranges as columns: a dump may have millions. Row `row` has `lengths[row]` bytes from `starts[row]` on, which lie at `offsets[row]` of the file. */
export interface RangeColumns {
  readonly count: number;
  readonly starts: BigUint64Array;
  readonly lengths: Float64Array;
  readonly offsets: Float64Array;
}

export interface RangeOptions {
  readonly regionLimit: number;
  readonly signal: AbortSignal | undefined;
}

/** Throws `limit` for more ranges than `regionLimit`, `source` and `aborted`. */
export async function readMemoryRanges(
  file: MinidumpFile,
  notes: DumpNotes,
  { regionLimit, signal }: RangeOptions,
): Promise<RangeColumns> {
  const gathered = new GatheredRanges(file.source.size, regionLimit);
  await readMemory64List(file, gathered, notes);
  await readMemoryList(file, gathered, notes);
  // In dumps of the whole memory the RVA of a stack is 0, or the low half of an offset above 4 GiB.
  if (!file.stream(StreamType.memory64List)) await readStacks(file, gathered);
  gathered.tell(notes);
  return disjoint(gathered, notes, signal);
}

/** Rows in the order in which the dump has them. */
class GatheredRanges {
  readonly #fileSize: number;
  readonly #limit: number;
  count = 0;
  starts = new BigUint64Array(FIRST_ROWS);
  lengths = new Float64Array(FIRST_ROWS);
  offsets = new Float64Array(FIRST_ROWS);
  #cut = 0;
  #impossible = 0;

  constructor(fileSize: number, limit: number) {
    this.#fileSize = fileSize;
    this.#limit = limit;
  }

  /** Adds a range, cut at the end of the file. Returns whether all its bytes are in the file. */
  add(start: bigint, size: bigint, offset: bigint): boolean {
    if (size === 0n) return true;
    if (start + size > ADDRESS_SPACE_END) {
      this.#impossible++;
      return false;
    }
    const left = BigInt(this.#fileSize) - offset;
    const length = size < left ? size : left;
    if (length < size) this.#cut++;
    if (length <= 0n) return false;
    if (this.count === this.#limit)
      throw new MslError("limit", `The dump has more than ${this.#limit} ranges of memory; raise the option regionLimit`);
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.lengths[this.count] = Number(length);
    this.offsets[this.count] = Number(offset);
    this.count++;
    return length === size;
  }

  tell(notes: DumpNotes): void {
    if (this.#cut > 0) notes.damage(`${this.#cut} ranges of memory pass the end of the file, which ends at ${this.#fileSize}`);
    if (this.#impossible > 0) notes.damage(`${this.#impossible} ranges of memory pass the end of the address space`);
  }

  #grow(): void {
    const [starts, lengths, offsets] = [this.starts, this.lengths, this.offsets];
    this.starts = new BigUint64Array(2 * starts.length);
    this.lengths = new Float64Array(2 * starts.length);
    this.offsets = new Float64Array(2 * starts.length);
    this.starts.set(starts);
    this.lengths.set(lengths);
    this.offsets.set(offsets);
  }
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
  const rows = await file.eachRow(part, rule, (window, at) => {
    const { startOfMemoryRange, dataSize } = MEMORY_DESCRIPTOR64.decode(window, at);
    ranges.add(startOfMemoryRange, dataSize, offset);
    offset += dataSize;
    return;
  });
  tellMissingRows("Memory64ListStream", numberOfMemoryRanges, rows, notes);
}

async function readMemoryList(file: MinidumpFile, ranges: GatheredRanges, notes: DumpNotes): Promise<void> {
  const list = await countedList(file, StreamType.memoryList, MEMORY_DESCRIPTOR.size);
  if (!list) return;
  const rows = await file.eachRow(list.rows, { count: list.count, size: MEMORY_DESCRIPTOR.size }, (window, at) => {
    const { startOfMemoryRange, dataSize, rva } = MEMORY_DESCRIPTOR.decode(window, at);
    ranges.add(startOfMemoryRange, BigInt(dataSize), BigInt(rva));
    return;
  });
  tellMissingRows("MemoryListStream", BigInt(list.count), rows, notes);
}

/** Stacks of threads are in the list of memory, too; some programs leave them out there. */
async function readStacks(file: MinidumpFile, ranges: GatheredRanges): Promise<void> {
  const list = await countedList(file, StreamType.threadList, THREAD.size);
  if (!list) return;
  await file.eachRow(list.rows, { count: list.count, size: THREAD.size }, (window, at) => {
    const { stackStart, stackSize, stackRva } = THREAD.decode(window, at);
    if (stackRva !== 0) ranges.add(stackStart, BigInt(stackSize), BigInt(stackRva));
    return;
  });
}

/** A stream of a u32 and so many rows. Some writers put 4 bytes between them, so that the rows are aligned to 8. */
export async function countedList(file: MinidumpFile, type: number, rowSize: number) {
  const stream = file.stream(type);
  if (!stream || stream.size < 4) return undefined;
  const count = new DataView((await file.source.read(stream.rva, 4)).slice().buffer).getUint32(0, true);
  const padding = stream.size === 8 + count * rowSize ? 8 : 4;
  return { count, rows: { rva: stream.rva + padding, size: stream.size - padding } };
}

/** Tells that a list announces more rows than it has. */
export function tellMissingRows(what: string, announced: bigint, rows: number, notes: DumpNotes): void {
  if (announced > BigInt(rows)) notes.damage(`${what} announces ${announced} entries and has ${rows}`);
}

/** The ranges in the order of addresses. Where some share addresses, the one that begins first has them; of two that begin at once, the first in the dump. */
async function disjoint(gathered: GatheredRanges, notes: DumpNotes, signal: AbortSignal | undefined): Promise<RangeColumns> {
  const { count, starts, lengths, offsets } = gathered;
  const slice = new TimeSlice(signal);
  const order = await sortInSlices(
    Uint32Array.from({ length: count }, (_, row) => row),
    (a, b) => (starts[a] ?? 0n) < (starts[b] ?? 0n),
    slice,
  );
  const kept = { starts: new BigUint64Array(count), lengths: new Float64Array(count), offsets: new Float64Array(count) };
  let [rows, end, conflicts, firstConflict] = [0, 0n, 0, 0n];
  for (const row of order) {
    if (slice.isSpent()) await slice.renew();
    const [start, length, offset] = [starts[row] ?? 0n, lengths[row] ?? 0, offsets[row] ?? 0];
    const covered = start < end ? Math.min(Number(end - start), length) : 0;
    // The same bytes of the file at the same addresses, as of a stack that is in two lists, contradict nothing.
    const last = rows - 1;
    const isSame = covered > 0 && BigInt(offset) - start === BigInt(kept.offsets[last] ?? 0) - (kept.starts[last] ?? 0n);
    if (covered > 0 && !isSame && conflicts++ === 0) firstConflict = start;
    if (covered === length) continue;
    kept.starts[rows] = start + BigInt(covered);
    kept.lengths[rows] = length - covered;
    kept.offsets[rows] = offset + covered;
    end = start + BigInt(length);
    rows++;
  }
  if (conflicts > 0) {
    const where = `the first one at 0x${firstConflict.toString(16)}`;
    notes.damage(`${conflicts} ranges of memory share addresses with others, ${where}: the range that begins first has them`);
  }
  return { count: rows, ...kept };
}
