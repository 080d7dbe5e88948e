/** The index of a capture: one fixed-size record per block, made by walking block headers only. */
import { BlockRecords, BlockWalk, type WalkStatus } from "@memslice/core-wasm";
import { throwIfAborted } from "../errors.js";
import { BLOCK_HEADER_SIZE, isEndOfCapture } from "../format/block-header.js";
import type { Source } from "../source/source.js";
import type { BlockPlace } from "./block-info.js";
import type { StreamEnd } from "./report-end.js";

/** Bytes read at a time while headers are close together, and when each header stands far from the next. */
const DENSE_WINDOW = 1024 * 1024;
const SPARSE_WINDOW = 4096;
/** Bytes from header to header above which reading what lies between costs more than another read. */
const SPARSE_DISTANCE = 32 * 1024;

export class BlockIndex {
  readonly records: BlockRecords;
  readonly end: StreamEnd;

  constructor(records: BlockRecords, next: number, status: WalkStatus, dataEnd: number) {
    const truncatedBlock = next > dataEnd ? records.count - 1 : null;
    const eocIndex = firstEndOfCapture(records, truncatedBlock ?? records.count);
    this.records = records;
    this.end = {
      end: status === "more" ? "end" : status,
      blocks: records.count,
      eocIndex,
      eocEnd: eocIndex === null ? null : records.offset(eocIndex) + records.length(eocIndex),
      truncatedBlock,
      trailingBytes: Math.max(0, dataEnd - next),
      dataEnd,
    };
  }

  get length(): number {
    return this.records.count;
  }

  /** What a block's own header does not say about it. */
  placeOf(index: number): BlockPlace {
    const { eocIndex, dataEnd } = this.end;
    return { index, dataEnd, afterEoc: eocIndex !== null && index > eocIndex };
  }
}

function firstEndOfCapture(records: BlockRecords, complete: number): number | null {
  for (let i = 0; i < complete; i++) if (isEndOfCapture(records.type(i), records.length(i))) return i;
  return null;
}

/** Indexes bytes in memory. */
export function indexBytes(bytes: Uint8Array, firstBlock: number): BlockIndex {
  const records = new BlockRecords();
  const walk = new BlockWalk(records, firstBlock);
  const status = walk.walk(bytes, 0);
  return new BlockIndex(records, walk.next, status, bytes.length);
}

/** Indexes a source by reading windows around headers; payloads between them are not read. */
export async function indexSource(source: Source, firstBlock: number, signal?: AbortSignal): Promise<BlockIndex> {
  const records = new BlockRecords();
  const walk = new BlockWalk(records, firstBlock);
  let status: WalkStatus = "more";
  let window = SPARSE_WINDOW;
  while (status === "more" && walk.next + BLOCK_HEADER_SIZE <= source.size) {
    throwIfAborted(signal);
    const start = walk.next;
    const length = Math.min(window, source.size - start);
    const before = records.count;
    status = walk.walk(await source.read(start, length, signal), start);
    window = walk.next - start > SPARSE_DISTANCE * (records.count - before) ? SPARSE_WINDOW : DENSE_WINDOW;
  }
  return new BlockIndex(records, walk.next, status, source.size);
}
