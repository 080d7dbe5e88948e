/**
 * Block walk: from header to header through a window of the file, one record per block. Payloads are not looked at.
 *
 * Record, 64 bytes:
 *   +0 f64 file offset  +8 u32 BlockLength  +12 u16 BlockType  +14 u16 Flags  +16 u16 PayloadVersion  +18 u16 Reserved
 *   +20 12 zero bytes  +32 BlockUUID  +48 ParentUUID
 * Result, 16 bytes:
 *   +0 f64 file offset of the next header  +8 u32 records written  +12 u32 status
 *
 * File offsets are exact integers below 2^53 in f64, so that JavaScript needs no BigInt.
 */
import { BLOCK_UUID, blockLength, HEADER_BYTES, hasMagic, PARENT_UUID, typeAndFlags, versionAndReserved } from "./block-header";

const RECORD_BYTES: usize = 64;

/** Why a walk stopped. src/block-walk.ts has the same numbers. */
const enum WalkStatus {
  /** The next header is not complete inside the window. */
  More = 0,
  LostFraming = 1,
  BadLength = 2,
  /** One more good header is there, but no room for its record. */
  Full = 3,
}

/**
 * Walks the headers that are complete inside the `windowLength` bytes at `window`, which lie at `windowOffset` in the file.
 * `firstHeader` is the file offset of the next header and at least `windowOffset`. Room for `capacity` records is at `records`; they are
 * little-endian whatever the file is (drafts of 1.0 allowed big-endian integers).
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
  // 64 bits: a BlockLength may lead 4 GiB past a window of 4 GiB.
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
    if (length < HEADER_BYTES) {
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
  store<f64>(result, windowOffset + <f64>position);
  store<u32>(result, count, 8);
  store<u32>(result, status, 12);
}

@inline
function writeRecord(record: usize, header: usize, length: u32, bigEndian: bool, offset: f64): void {
  const first = typeAndFlags(header);
  const second = versionAndReserved(header);
  store<f64>(record, offset);
  store<u32>(record, length, 8);
  store<u32>(record, bigEndian ? swapHalves(first) : first, 12);
  store<u32>(record, bigEndian ? swapHalves(second) : second, 16);
  store<u32>(record, 0, 20);
  store<u64>(record, 0, 24);
  v128.store(record, v128.load(header + BLOCK_UUID), 32);
  v128.store(record, v128.load(header + PARENT_UUID), 48);
}

/** Two u16 side by side, each with its bytes swapped. */
@inline
function swapHalves(value: u32): u32 {
  return ((value & 0x00ff00ff) << 8) | ((value >> 8) & 0x00ff00ff);
}
