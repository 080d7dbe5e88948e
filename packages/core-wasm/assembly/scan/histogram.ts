/**
 * How often each byte value occurs, for entropy and for classes of pages.
 *
 * Layout of the area: u32 x 256, the counts. The kernel works in eight tables of u16 x 256 (HISTOGRAM_TABLES), one for each byte of a word, so that equal
 * neighbours do not wait for each other. They are added to the counts before one of their counts can pass 65,535.
 * Memory has long runs of zeros and of other values: 16 bytes of one value are counted at once.
 * Every other byte costs a load and a store of its count. Processors store once in a cycle to lines that differ: a histogram of random bytes in these tables takes
 * a cycle for a byte, in C as well (docs/benchmarking.md). Measured, and slower: tables whose place is no part of the instructions, four tables, tables of u32, a
 * load for each byte, and pairs of bytes.
 */
import { HISTOGRAM_TABLES } from "../../src/scan/fixed-areas";

const COUNTS: usize = 1024;
const TABLE: usize = 512;
const FIRST: usize = HISTOGRAM_TABLES;
const SECOND: usize = FIRST + TABLE;
const THIRD: usize = FIRST + 2 * TABLE;
const FOURTH: usize = FIRST + 3 * TABLE;
const FIFTH: usize = FIRST + 4 * TABLE;
const SIXTH: usize = FIRST + 5 * TABLE;
const SEVENTH: usize = FIRST + 6 * TABLE;
const EIGHTH: usize = FIRST + 7 * TABLE;
/** Bytes that are counted in the tables before these are added to the counts. */
const MOST_IN_TABLES: u32 = 32768;

/** Bytes of the area of `countBytes`. */
export function histogramAreaBytes(): usize {
  return COUNTS;
}

/** Writes the counts of the bytes at `bytes` to `area`. */
export function countBytes(bytes: usize, length: u32, area: usize): void {
  let done: u32 = min(length, MOST_IN_TABLES);
  countInTables(bytes, done);
  addTables(area, true);
  while (done < length) {
    const number = min(length - done, MOST_IN_TABLES);
    countInTables(bytes + <usize>done, number);
    addTables(area, false);
    done += number;
  }
}

function countInTables(bytes: usize, length: u32): void {
  memory.fill(HISTOGRAM_TABLES, 0, 8 * TABLE);
  const end = bytes + length;
  let zeros: u32 = 0;
  let at = bytes;
  for (; at + 16 <= end; at += 16) {
    const first = load<u64>(at);
    const second = load<u64>(at, 8);
    if (first == second) {
      if (first == 0) {
        zeros += 16;
        continue;
      }
      if (first == rotl<u64>(first, 8)) {
        countEqual(at, 16);
        continue;
      }
    }
    if (first == 0) zeros += 8;
    else countEight(at);
    if (second == 0) zeros += 8;
    else countEight(at + 8);
  }
  for (; at < end; at++) countEqual(at, 1);
  store<u16>(0, load<u16>(0, FIRST) + <u16>zeros, FIRST);
}

/** Counts `number` bytes that are equal to the first one. */
@inline
function countEqual(bytes: usize, number: u16): void {
  const place = <usize>load<u8>(bytes) << 1;
  store<u16>(place, load<u16>(place, FIRST) + number, FIRST);
}

/** Counts each of eight bytes in a table of its own. Shifts leave a byte where it is twice its value, the place in its table. */
@inline
function countEight(bytes: usize): void {
  const low = load<u32>(bytes);
  const first = (<usize>low << 1) & 0x1fe;
  const second = <usize>(low >> 7) & 0x1fe;
  const third = <usize>(low >> 15) & 0x1fe;
  const fourth = <usize>(low >> 23) & 0x1fe;
  store<u16>(first, load<u16>(first, FIRST) + 1, FIRST);
  store<u16>(second, load<u16>(second, SECOND) + 1, SECOND);
  store<u16>(third, load<u16>(third, THIRD) + 1, THIRD);
  store<u16>(fourth, load<u16>(fourth, FOURTH) + 1, FOURTH);
  const high = load<u32>(bytes, 4);
  const fifth = (<usize>high << 1) & 0x1fe;
  const sixth = <usize>(high >> 7) & 0x1fe;
  const seventh = <usize>(high >> 15) & 0x1fe;
  const eighth = <usize>(high >> 23) & 0x1fe;
  store<u16>(fifth, load<u16>(fifth, FIFTH) + 1, FIFTH);
  store<u16>(sixth, load<u16>(sixth, SIXTH) + 1, SIXTH);
  store<u16>(seventh, load<u16>(seventh, SEVENTH) + 1, SEVENTH);
  store<u16>(eighth, load<u16>(eighth, EIGHTH) + 1, EIGHTH);
}

/** Adds the tables to the counts; `isFirst`: to none. */
@inline
function addTables(area: usize, isFirst: bool): void {
  for (let i: usize = 0; i < TABLE; i += 16) {
    const a = i16x8.add(v128.load(i, FIRST), v128.load(i, SECOND));
    const b = i16x8.add(v128.load(i, THIRD), v128.load(i, FOURTH));
    const c = i16x8.add(v128.load(i, FIFTH), v128.load(i, SIXTH));
    const d = i16x8.add(v128.load(i, SEVENTH), v128.load(i, EIGHTH));
    const sum = i16x8.add(i16x8.add(a, b), i16x8.add(c, d));
    const counts = area + 2 * i;
    const low = i32x4.extend_low_i16x8_u(sum);
    const high = i32x4.extend_high_i16x8_u(sum);
    v128.store(counts, isFirst ? low : i32x4.add(v128.load(counts), low));
    v128.store(counts, isFirst ? high : i32x4.add(v128.load(counts, 16), high), 16);
  }
}
