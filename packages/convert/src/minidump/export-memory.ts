/** The memory of a capture as MemoryInfoListStream and Memory64ListStream: tables are made in pieces while they are written. */
import type { ExportNotes } from "../export/export-report.js";
import type { MemoryRow, MemoryRows } from "../export/memory-rows.js";
import type { MinidumpPlan, PlannedStream } from "./file-plan.js";
import { MemoryState, memoryTypeOf, pageProtection } from "./protections.js";
import { MEMORY_DESCRIPTOR64, MEMORY_INFO, MEMORY_INFO_LIST, MEMORY64_LIST, StreamType } from "./structures.js";

/** Rows that are encoded at once. */
const ROWS_AT_ONCE = 1024;
/** Contents begin at the border of a page, as in the dumps of Windows. */
const CONTENT_ALIGNMENT = 4096;

/** Every region, committed, with its protection and type; holes are those addresses that Memory64ListStream does not have. */
export function memoryInfoStream(rows: MemoryRows, notes: ExportNotes): PlannedStream {
  const count = rows.regions;
  return {
    type: StreamType.memoryInfoList,
    place: () => ({
      size: MEMORY_INFO_LIST.size + count * MEMORY_INFO.size,
      *bytes() {
        const { size: sizeOfHeader } = MEMORY_INFO_LIST;
        yield MEMORY_INFO_LIST.encode({ sizeOfHeader, sizeOfEntry: MEMORY_INFO.size, numberOfEntries: BigInt(count) });
        yield* inPieces(regionsOf(rows), MEMORY_INFO.size, (region, target, at) => {
          const { page, exact } = pageProtection(region.protection);
          if (!exact)
            notes.add(
              "assumed",
              "Protect",
              "Windows has no protection that allows writing without reading: such regions stand as readable",
            );
          MEMORY_INFO.encodeInto(target, at, {
            ...{
              baseAddress: region.start,
              allocationBase: region.start,
              allocationProtect: page,
              regionSize: region.end - region.start,
            },
            ...{ state: MemoryState.commit, protect: page, type: memoryTypeOf(region.type) },
          });
        });
      },
    }),
  };
}

/** The captured ranges; their bytes follow behind all tables, at the offset that `contentsAt` tells once everything is placed. */
export function memory64Stream(rows: MemoryRows, contentsAt: () => bigint): PlannedStream {
  const count = rows.ranges;
  return {
    type: StreamType.memory64List,
    place: () => ({
      size: MEMORY64_LIST.size + count * MEMORY_DESCRIPTOR64.size,
      *bytes() {
        yield MEMORY64_LIST.encode({ numberOfMemoryRanges: BigInt(count), baseRva: contentsAt() });
        yield* inPieces(rangesOf(rows), MEMORY_DESCRIPTOR64.size, ({ start, end }, target, at) =>
          MEMORY_DESCRIPTOR64.encodeInto(target, at, { startOfMemoryRange: start, dataSize: end - start }),
        );
      },
    }),
  };
}

/** Where the contents begin, behind all tables. */
export function contentsBehind(plan: MinidumpPlan): bigint {
  return BigInt(plan.next(CONTENT_ALIGNMENT));
}

/** The captured ranges; neighbours are joined, also of two regions. Undefined stands for work that gave no range: a capture may have a million holes in a row. */
export function* rangesOf(rows: MemoryRows): Generator<MemoryRow | undefined, void, undefined> {
  let open: MemoryRow | undefined;
  let holes = 0;
  for (const row of rows) {
    if (!row.captured) {
      if (++holes % ROWS_AT_ONCE === 0) yield undefined;
      continue;
    }
    if (open?.end === row.start) open = { ...open, end: row.end };
    else {
      if (open) yield open;
      open = row;
    }
  }
  if (open) yield open;
}

/** The regions: rows that continue each other are one. */
function* regionsOf(rows: MemoryRows): Generator<MemoryRow, void, undefined> {
  let open: MemoryRow | undefined;
  for (const row of rows) {
    if (open && row.continues) open = { ...open, end: row.end };
    else {
      if (open) yield open;
      open = row;
    }
  }
  if (open) yield open;
}

const NO_BYTES = new Uint8Array(0);

/** Pieces of at most `ROWS_AT_ONCE` rows, and empty ones for as much work that gave none. */
function* inPieces<T>(
  items: Iterable<T | undefined>,
  size: number,
  encode: (item: T, target: Uint8Array, at: number) => void,
): Generator<Uint8Array> {
  let piece = new Uint8Array(ROWS_AT_ONCE * size);
  let filled = 0;
  for (const item of items) {
    if (item === undefined) {
      yield NO_BYTES;
      continue;
    }
    encode(item, piece, filled * size);
    filled++;
    if (filled < ROWS_AT_ONCE) continue;
    yield piece;
    piece = new Uint8Array(ROWS_AT_ONCE * size);
    filled = 0;
  }
  if (filled > 0) yield piece.subarray(0, filled * size);
}
