/** The ranges of memory that a minidump says to contain, from its lists of memory and from the stacks of threads: sorted, and no address twice. */
import { ADDRESS_SPACE_END, MslError, sortInSlices, TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { rowNumbers } from "../dump/dump-regions.js";
import type { ExactPages } from "../dump/exact-pages.js";
import type { MinidumpFile } from "./minidump-file.js";
import { MEMORY_DESCRIPTOR, MEMORY_DESCRIPTOR64, MEMORY64_LIST, StreamType, THREAD } from "./structures.js";

const FIRST_ROWS = 256;

/** The offset of a range whose bytes a file that was cut off does not have. */
export const NOT_IN_FILE = -1;

/** Ranges as columns: a dump may have millions. Row `row` has `lengths[row]` bytes from `starts[row]` on, which lie at `offsets[row]` of the file, or `NOT_IN_FILE`. */
export interface RangeColumns {
  readonly count: number;
  readonly starts: BigUint64Array;
  readonly lengths: BigUint64Array;
  readonly offsets: Float64Array;
}

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
  if (!file.stream(StreamType.memory64List)) await readStacks(file, gathered);
  const slice = new TimeSlice(signal);
  const held = await disjoint(gathered, notes, slice);
  const missing = await missingFrom(gathered, held, slice);
  gathered.tell(notes, missing);
  return missing.length === 0 ? held : merged(held, missing, slice);
}

/** Addresses `[start, end)`. */
interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Rows in the order in which the dump has them. */
class GatheredRanges {
  readonly #fileSize: number;
  readonly #limit: number;
  readonly #pages: ExactPages;
  count = 0;
  starts = new BigUint64Array(FIRST_ROWS);
  /** Bytes as the dump states them. */
  lengths = new BigUint64Array(FIRST_ROWS);
  offsets = new Float64Array(FIRST_ROWS);
  #cut = 0;
  #passing = 0;

  constructor(fileSize: number, limit: number, pages: ExactPages) {
    this.#pages = pages;
    this.#fileSize = fileSize;
    this.#limit = limit;
  }

  add(start: bigint, stated: bigint, offset: bigint): void {
    if (stated === 0n) return;
    const room = ADDRESS_SPACE_END - start;
    if (stated > room) this.#passing++;
    const size = stated < room ? stated : room;
    this.#pages.add(start | size);
    const left = BigInt(this.#fileSize) - offset;
    if (left < size) this.#cut++;
    if (this.count === this.#limit)
      throw new MslError("limit", `The dump has more than ${this.#limit} ranges of memory; raise the option regionLimit`);
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.lengths[this.count] = size;
    this.offsets[this.count] = Number(offset);
    this.count++;
  }

  /** The bytes of a row that the file has. */
  heldOf(row: number): bigint {
    const [length, left] = [this.lengths[row] ?? 0n, this.#fileSize - (this.offsets[row] ?? 0)];
    return left <= 0 ? 0n : BigInt(left) < length ? BigInt(left) : length;
  }

  /** Whether the file lacks bytes of a row. */
  get isCut(): boolean {
    return this.#cut > 0;
  }

  tell(notes: DumpNotes, missing: readonly AddressRange[]): void {
    const bytes = missing.reduce((sum, { start, end }) => sum + (end - start), 0n);
    const where = `pass the end of the file, which ends at ${this.#fileSize}`;
    if (this.#cut > 0) notes.damage(`${this.#cut} ranges of memory ${where}: ${bytes} bytes are missing, and their pages failed`);
    if (this.#passing > 0)
      notes.damage(`${this.#passing} ranges of memory pass the end of the address space: what is behind it was left out`);
  }

  #grow(): void {
    const { starts, lengths, offsets } = this;
    this.starts = new BigUint64Array(2 * starts.length);
    this.lengths = new BigUint64Array(2 * starts.length);
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

/** The bytes that the file has, in the order of addresses. Where ranges share addresses, the one that begins first has them; of two that begin at once, the first in the dump. */
async function disjoint(gathered: GatheredRanges, notes: DumpNotes, slice: TimeSlice): Promise<RangeColumns> {
  const { count, starts, offsets } = gathered;
  const order = await sortInSlices(rowNumbers(count), (a, b) => (starts[a] ?? 0n) < (starts[b] ?? 0n), slice);
  const kept = columns(count);
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
    notes.damage(`${conflicts} ranges of memory share addresses with others, ${where}: the range that begins first has them`);
  }
  return { count: rows, ...kept };
}

/** The addresses of ranges that pass the end of the file, without those whose bytes another range has: in ascending order, none twice. */
async function missingFrom(gathered: GatheredRanges, held: RangeColumns, slice: TimeSlice): Promise<AddressRange[]> {
  if (!gathered.isCut) return [];
  const startOf = (row: number) => (gathered.starts[row] ?? 0n) + gathered.heldOf(row);
  const endOf = (row: number) => (gathered.starts[row] ?? 0n) + (gathered.lengths[row] ?? 0n);
  const rows = rowNumbers(gathered.count).filter((row) => startOf(row) < endOf(row));
  const missing: AddressRange[] = [];
  let [at, next] = [0n, 0];
  for (const row of await sortInSlices(rows, (a, b) => startOf(a) < startOf(b), slice)) {
    const [start, end] = [startOf(row), endOf(row)];
    if (start > at) at = start;
    while (at < end) {
      if (slice.isSpent()) await slice.renew();
      const heldStart = next < held.count ? (held.starts[next] ?? 0n) : ADDRESS_SPACE_END;
      const heldEnd = heldStart + (held.lengths[next] ?? 0n);
      if (next < held.count && heldEnd <= at) next++;
      else if (heldStart <= at) at = heldEnd;
      else {
        const stop = heldStart < end ? heldStart : end;
        missing.push({ start: at, end: stop });
        at = stop;
      }
    }
  }
  return missing;
}

/** All ranges in the order of addresses. */
async function merged(held: RangeColumns, missing: readonly AddressRange[], slice: TimeSlice): Promise<RangeColumns> {
  const count = held.count + missing.length;
  const all = columns(count);
  for (let row = 0, next = 0; row < count; row++) {
    if (slice.isSpent()) await slice.renew();
    const hole = missing[row - next];
    const start = held.starts[next] ?? 0n;
    const isHole = hole !== undefined && (next === held.count || hole.start < start);
    all.starts[row] = isHole ? hole.start : start;
    all.lengths[row] = isHole ? hole.end - hole.start : (held.lengths[next] ?? 0n);
    all.offsets[row] = isHole ? NOT_IN_FILE : (held.offsets[next] ?? 0);
    if (!isHole) next++;
  }
  return { count, ...all };
}

function columns(room: number) {
  return { starts: new BigUint64Array(room), lengths: new BigUint64Array(room), offsets: new Float64Array(room) };
}
