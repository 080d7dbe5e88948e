/** Streams that are lists of rows of one size: how many rows the dump says, and where they are. */
import type { DumpNotes } from "../dump/dump-notes.js";
import type { FilePart, MinidumpFile } from "./minidump-file.js";
import { SIZED_LIST, STREAM_NAMES } from "./structures.js";

interface RowList {
  /** Rows that the dump says, which may be more than the stream has. */
  readonly count: number;
  /** Bytes of a row. */
  readonly size: number;
  readonly rows: FilePart;
}

const nameOf = (type: number) => STREAM_NAMES[type] ?? `stream ${type}`;

/** A stream of a u32 and so many rows. Some writers put 4 bytes between them, so that the rows are aligned to 8. Undefined if the dump does not have it, or no u32 of it. */
export async function countedList(
  file: MinidumpFile,
  type: number,
  size: number,
  notes: DumpNotes,
): Promise<RowList | undefined> {
  const stream = file.stream(type);
  if (!stream) return undefined;
  if (stream.size < 4) {
    notes.damage(`${nameOf(type)} is cut off`);
    return undefined;
  }
  const count = new DataView((await file.source.read(stream.rva, 4)).slice().buffer).getUint32(0, true);
  const padding = stream.size === 8 + count * size ? 8 : 4;
  return { count, size, rows: { rva: stream.rva + padding, size: stream.size - padding } };
}

/** A stream that says the sizes of its header and of its rows, which newer versions may make larger. `least`: bytes of a row that are read. Undefined, and told, if it has fewer. */
export async function sizedList(file: MinidumpFile, type: number, least: number, notes: DumpNotes): Promise<RowList | undefined> {
  const stream = file.stream(type);
  if (!stream) return undefined;
  if (stream.size < SIZED_LIST.size) {
    notes.damage(`${nameOf(type)} is cut off`);
    return undefined;
  }
  const { sizeOfHeader, sizeOfEntry: size, numberOfEntries: count } = SIZED_LIST.decode(await file.read(stream, SIZED_LIST.size));
  if (count > 0 && (sizeOfHeader < SIZED_LIST.size || size < least || sizeOfHeader > stream.size)) {
    notes.damage(`${nameOf(type)} has a header of ${sizeOfHeader} bytes and entries of ${size}: it is not read`);
    return undefined;
  }
  return { count, size: Math.max(size, least), rows: { rva: stream.rva + sizeOfHeader, size: stream.size - sizeOfHeader } };
}

/** Tells that a list announces more rows than it has. */
export function tellMissingRows(what: string, announced: bigint, rows: number, notes: DumpNotes): void {
  if (announced > BigInt(rows)) notes.damage(`${what} announces ${announced} entries and has ${rows}`);
}
