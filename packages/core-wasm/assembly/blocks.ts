/**
 * Block walk: from header to header through a window of the file, one record per block. Payloads are not read.
 *
 * Layout: RECORD_* for a record, WALK_* for the result (src/layout.ts).
 * Invariants: reads stay in the window, writes in `capacity` records and the result.
 * Source: specification, block header.
 */
import {
  HEADER_BLOCK_UUID,
  HEADER_BYTES,
  HEADER_PARENT_UUID,
  RECORD_BYTES,
  RECORD_LENGTH,
  RECORD_OFFSET,
  RECORD_PARENT_UUID,
  RECORD_TYPE,
  RECORD_UUID,
  RECORD_VERSION,
  WALK_COUNT,
  WALK_NEXT,
  WALK_STATUS,
} from "../src/layout";
import { blockLength, hasMagic, typeAndFlags, versionAndReserved } from "./block-header";

/** Why a walk stopped. src/block-walk.ts names these in the same order, which a test compares. */
const enum WalkStatus {
  /** The next header is not complete inside the window. */
  More,
  /** The bytes at the next header's place do not begin with the magic. */
  LostFraming,
  /** The next header has a BlockLength below the size of a header. */
  BadLength,
  /** There is another header, but no room for its record. */
  Full,
}

/**
 * Walks the headers that are complete inside the `windowLength` bytes at `window`, which lie at `windowOffset` in the file.
 * `firstHeader` is the file offset of the first header to read, at least `windowOffset`. `records` has room for `capacity` records. Records
 * are little-endian, even of a file with big-endian integers, which drafts of 1.0 allowed.
 */
export function walkBlocks(
  window: usize,
  windowLength: u32,
  windowOffset: f64,
  firstHeader: f64,
  records: usize,
  capacity: u32,
  bigEndian: bool,
  result: usize,
): void {
  // 64 bits, since a BlockLength may lead 4 GiB past a window of 4 GiB.
  let position = <u64>(firstHeader - windowOffset);
  let record = records;
  let count: u32 = 0;
  let status = WalkStatus.More;
  while (position + HEADER_BYTES <= windowLength) {
    const header = window + <usize>position;
    const length = bigEndian ? bswap(blockLength(header)) : blockLength(header);
    if (!hasMagic(header)) {
      status = WalkStatus.LostFraming;
      break;
    }
    if (length < <u32>HEADER_BYTES) {
      status = WalkStatus.BadLength;
      break;
    }
    if (count == capacity) {
      status = WalkStatus.Full;
      break;
    }
    writeRecord(record, header, length, bigEndian, windowOffset + <f64>position);
    record += RECORD_BYTES;
    count++;
    position += length;
  }
  store<f64>(result, windowOffset + <f64>position, WALK_NEXT);
  store<u32>(result, count, WALK_COUNT);
  store<u32>(result, status, WALK_STATUS);
}

@inline
function writeRecord(record: usize, header: usize, length: u32, bigEndian: bool, offset: f64): void {
  const first = typeAndFlags(header);
  const second = versionAndReserved(header);
  store<f64>(record, offset, RECORD_OFFSET);
  store<u32>(record, length, RECORD_LENGTH);
  store<u32>(record, bigEndian ? swapHalves(first) : first, RECORD_TYPE);
  store<u32>(record, bigEndian ? swapHalves(second) : second, RECORD_VERSION);
  store<u32>(record, 0, RECORD_VERSION + 4);
  store<u64>(record, 0, RECORD_VERSION + 8);
  v128.store(record, v128.load(header + HEADER_BLOCK_UUID), RECORD_UUID);
  v128.store(record, v128.load(header + HEADER_PARENT_UUID), RECORD_PARENT_UUID);
}

/** Swaps the bytes of each half. */
@inline
function swapHalves(value: u32): u32 {
  return ((value & 0x00ff00ff) << 8) | ((value >> 8) & 0x00ff00ff);
}
