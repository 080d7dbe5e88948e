/**
 * How often each byte value occurs in bytes of which no value occurs more than 255 times, such as compressed ones: in tables of u8, which a kernel adds and
 * clears in half the time of tables of u16. A value that occurs more often is found out: its count is 256 too low, or more.
 *
 * Processors store once in a cycle to lines of their cache that differ, and twice to the same line. A table has four lines: two neighbours, which are counted in one
 * table, share a line more often than neighbours in different tables do. More than two in one table would wait for each other where they are equal.
 */
import { NARROW_TABLES } from "../../src/scan/fixed-areas";

const TABLE: usize = 256;
const FIRST: usize = NARROW_TABLES;
const SECOND: usize = FIRST + TABLE;
const THIRD: usize = FIRST + 2 * TABLE;
const FOURTH: usize = FIRST + 3 * TABLE;
const FIFTH: usize = FIRST + 4 * TABLE;
const SIXTH: usize = FIRST + 5 * TABLE;
const SEVENTH: usize = FIRST + 6 * TABLE;
const EIGHTH: usize = FIRST + 7 * TABLE;

/** The tables have to be clear before the first histogram, and are clear after each. */
export function clearNarrowTables(): void {
  memory.fill(FIRST, 0, 8 * TABLE);
}

/** Counts the bytes at `bytes` in the tables. */
@inline
export function countInNarrowTables(bytes: usize, length: u32): void {
  const end = bytes + length;
  let at = bytes;
  for (; at + 16 <= end; at += 16) countSixteen(at);
  for (; at < end; at++) {
    const value = <usize>load<u8>(at);
    store<u8>(value, load<u8>(value, FIRST) + 1, FIRST);
  }
}

/** Tables that follow from a parameter would be no part of the instructions. */
@inline
function countSixteen(at: usize): void {
  const a = load<u32>(at);
  const a0 = <usize>(a & 0xff);
  store<u8>(a0, load<u8>(a0, FIRST) + 1, FIRST);
  const a1 = <usize>((a >> 8) & 0xff);
  store<u8>(a1, load<u8>(a1, FIRST) + 1, FIRST);
  const a2 = <usize>((a >> 16) & 0xff);
  store<u8>(a2, load<u8>(a2, SECOND) + 1, SECOND);
  const a3 = <usize>(a >> 24);
  store<u8>(a3, load<u8>(a3, SECOND) + 1, SECOND);
  const b = load<u32>(at, 4);
  const b0 = <usize>(b & 0xff);
  store<u8>(b0, load<u8>(b0, THIRD) + 1, THIRD);
  const b1 = <usize>((b >> 8) & 0xff);
  store<u8>(b1, load<u8>(b1, THIRD) + 1, THIRD);
  const b2 = <usize>((b >> 16) & 0xff);
  store<u8>(b2, load<u8>(b2, FOURTH) + 1, FOURTH);
  const b3 = <usize>(b >> 24);
  store<u8>(b3, load<u8>(b3, FOURTH) + 1, FOURTH);
  const c = load<u32>(at, 8);
  const c0 = <usize>(c & 0xff);
  store<u8>(c0, load<u8>(c0, FIFTH) + 1, FIFTH);
  const c1 = <usize>((c >> 8) & 0xff);
  store<u8>(c1, load<u8>(c1, FIFTH) + 1, FIFTH);
  const c2 = <usize>((c >> 16) & 0xff);
  store<u8>(c2, load<u8>(c2, SIXTH) + 1, SIXTH);
  const c3 = <usize>(c >> 24);
  store<u8>(c3, load<u8>(c3, SIXTH) + 1, SIXTH);
  const d = load<u32>(at, 12);
  const d0 = <usize>(d & 0xff);
  store<u8>(d0, load<u8>(d0, SEVENTH) + 1, SEVENTH);
  const d1 = <usize>((d >> 8) & 0xff);
  store<u8>(d1, load<u8>(d1, SEVENTH) + 1, SEVENTH);
  const d2 = <usize>((d >> 16) & 0xff);
  store<u8>(d2, load<u8>(d2, EIGHTH) + 1, EIGHTH);
  const d3 = <usize>(d >> 24);
  store<u8>(d3, load<u8>(d3, EIGHTH) + 1, EIGHTH);
}

/** The counts of 16 values from `value` on, of which higher bits are lost; clears them. */
@inline
export function takeNarrowCounts(value: usize): v128 {
  const a = i8x16.add(v128.load(value, FIRST), v128.load(value, SECOND));
  const b = i8x16.add(v128.load(value, THIRD), v128.load(value, FOURTH));
  const c = i8x16.add(v128.load(value, FIFTH), v128.load(value, SIXTH));
  const d = i8x16.add(v128.load(value, SEVENTH), v128.load(value, EIGHTH));
  v128.store(value, i64x2.splat(0), FIRST);
  v128.store(value, i64x2.splat(0), SECOND);
  v128.store(value, i64x2.splat(0), THIRD);
  v128.store(value, i64x2.splat(0), FOURTH);
  v128.store(value, i64x2.splat(0), FIFTH);
  v128.store(value, i64x2.splat(0), SIXTH);
  v128.store(value, i64x2.splat(0), SEVENTH);
  v128.store(value, i64x2.splat(0), EIGHTH);
  return i8x16.add(i8x16.add(a, b), i8x16.add(c, d));
}
