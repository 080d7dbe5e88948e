/**
 * What a rule needs to know of the bytes of many windows of equal length: sums over their counts, without a call and a table for each of them.
 *
 * Layout of the output, columns of `capacity` elements: f64, the sum of `terms[count]` over the 256 counts; then u32 each: zeros, bytes of the first set, bytes
 * of the second set, 1 if all bytes are equal. `sets`: two masks of u32 x 256, 0xffffffff for each value in the set, else 0. `terms`: f64 x (windowBytes + 1).
 * The sum is that of four sums, of the terms of values 0, 4, 8..., of 1, 5, 9..., and so on: (first + second) + (third + fourth).
 */
import { countBytes } from "./histogram";

const SET: usize = 1024;
const VALUES: usize = 256;

export function tallyWindows(bytes: usize, windowBytes: u32, number: u32, area: usize, terms: usize, sets: usize, output: usize, capacity: u32): void {
  const column = <usize>capacity << 2;
  for (let i: u32 = 0; i < number; i++) {
    const window = bytes + <usize>i * <usize>windowBytes;
    const sum = output + (<usize>i << 3);
    const tally = output + 2 * column + (<usize>i << 2);
    if (areEqual(window, windowBytes)) {
      const value = <usize>load<u8>(window);
      store<f64>(sum, load<f64>(terms + (<usize>windowBytes << 3)));
      store<u32>(tally, value == 0 ? windowBytes : 0);
      store<u32>(tally + column, load<u32>(sets + (value << 2)) & windowBytes);
      store<u32>(tally + 2 * column, load<u32>(sets + (value << 2), SET) & windowBytes);
      store<u32>(tally + 3 * column, 1);
      continue;
    }
    countBytes(window, windowBytes, area);
    store<f64>(sum, sumOfTerms(area, terms));
    store<u32>(tally, load<u32>(area));
    store<u32>(tally + column, bytesOf(area, sets));
    store<u32>(tally + 2 * column, bytesOf(area, sets + SET));
    store<u32>(tally + 3 * column, 0);
  }
}

function areEqual(bytes: usize, length: u32): bool {
  const value = v128.load8_splat(bytes);
  const end = bytes + length;
  let at = bytes;
  for (; at + 16 <= end; at += 16) if (!i8x16.all_true(i8x16.eq(v128.load(at), value))) return false;
  for (; at < end; at++) if (load<u8>(at) != load<u8>(bytes)) return false;
  return true;
}

@inline
function sumOfTerms(counts: usize, terms: usize): f64 {
  let first: f64 = 0;
  let second: f64 = 0;
  let third: f64 = 0;
  let fourth: f64 = 0;
  for (let at = counts, end = counts + 4 * VALUES; at < end; at += 16) {
    first += load<f64>(terms + (<usize>load<u32>(at) << 3));
    second += load<f64>(terms + (<usize>load<u32>(at, 4) << 3));
    third += load<f64>(terms + (<usize>load<u32>(at, 8) << 3));
    fourth += load<f64>(terms + (<usize>load<u32>(at, 12) << 3));
  }
  return first + second + (third + fourth);
}

/** The sum of the counts of values in the set. */
@inline
function bytesOf(counts: usize, set: usize): u32 {
  let sum = i32x4.splat(0);
  for (let i: usize = 0; i < 4 * VALUES; i += 16) sum = i32x4.add(sum, v128.and(v128.load(counts + i), v128.load(set + i)));
  return i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
}
