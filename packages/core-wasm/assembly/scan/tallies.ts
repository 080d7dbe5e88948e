/**
 * What a rule needs to know of the bytes of many windows of equal length: sums over their counts, without a call and a table for each of them.
 *
 * Layout of the output, columns of `capacity` elements: f64, the sum of `terms[count]` over the 256 counts; then u32 each: zeros, bytes of the first set, bytes
 * of the second set, 1 if all bytes are equal. `sets`: two masks of u8 x 256, 0xff for each value in the set, else 0. `terms`: f64 x (windowBytes + 1).
 * The sum is that of four sums, of the terms of values 0, 4, 8..., of 1, 5, 9..., and so on: (first + second) + (third + fourth).
 *
 * Neighbours are often of one kind. A window is counted in narrow tables first if the one before that was counted fitted in them, or would have.
 */
import { countBytes } from "./histogram";
import { clearNarrowTables, countInNarrowTables, takeNarrowCounts } from "./narrow-histogram";

const VALUES: usize = 256;
const SET: usize = VALUES;
/** The largest count of narrow tables. */
const LARGEST_NARROW: u32 = 255;
/** Of longer windows, even random bytes seldom fit in narrow tables. */
const LONGEST_NARROW: u32 = 32768;

export function tallyWindows(bytes: usize, windowBytes: u32, number: u32, area: usize, terms: usize, sets: usize, output: usize, capacity: u32): void {
  const column = <usize>capacity << 2;
  let isNarrow = false;
  clearNarrowTables();
  for (let i: u32 = 0; i < number; i++) {
    const window = bytes + <usize>i * <usize>windowBytes;
    const sum = output + (<usize>i << 3);
    const tally = output + 2 * column + (<usize>i << 2);
    store<u32>(tally + 3 * column, 0);
    if (areEqual(window, windowBytes)) {
      const value = <usize>load<u8>(window);
      store<f64>(sum, load<f64>(terms + (<usize>windowBytes << 3)));
      store<u32>(tally, value == 0 ? windowBytes : 0);
      store<u32>(tally + column, <u32>load<i8>(sets + value) & windowBytes);
      store<u32>(tally + 2 * column, <u32>load<i8>(sets + value, SET) & windowBytes);
      store<u32>(tally + 3 * column, 1);
    } else if (!isNarrow || !tallyNarrow(window, windowBytes, area, terms, sets, sum, tally, column)) {
      const largest = tallyWide(window, windowBytes, area, terms, sets, sum, tally, column);
      isNarrow = windowBytes <= LONGEST_NARROW && largest <= LARGEST_NARROW;
    }
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

/** Returns false, and writes a tally that is wrong, if a value occurs more than 255 times. */
@inline
function tallyNarrow(window: usize, windowBytes: u32, area: usize, terms: usize, sets: usize, sum: usize, tally: usize, column: usize): bool {
  countInNarrowTables(window, windowBytes);
  let one: f64 = 0;
  let two: f64 = 0;
  let three: f64 = 0;
  let four: f64 = 0;
  let total = i16x8.splat(0);
  let inFirst = i16x8.splat(0);
  let inSecond = i16x8.splat(0);
  for (let value: usize = 0; value < VALUES; value += 16) {
    const counts = takeNarrowCounts(value);
    v128.store(area + value, counts);
    total = i16x8.add(total, i16x8.extadd_pairwise_i8x16_u(counts));
    inFirst = i16x8.add(inFirst, i16x8.extadd_pairwise_i8x16_u(v128.and(counts, v128.load(sets + value))));
    inSecond = i16x8.add(inSecond, i16x8.extadd_pairwise_i8x16_u(v128.and(counts, v128.load(sets + value, SET))));
    one += load<f64>(terms + (<usize>load<u8>(area + value) << 3));
    two += load<f64>(terms + (<usize>load<u8>(area + value, 1) << 3));
    three += load<f64>(terms + (<usize>load<u8>(area + value, 2) << 3));
    four += load<f64>(terms + (<usize>load<u8>(area + value, 3) << 3));
    one += load<f64>(terms + (<usize>load<u8>(area + value, 4) << 3));
    two += load<f64>(terms + (<usize>load<u8>(area + value, 5) << 3));
    three += load<f64>(terms + (<usize>load<u8>(area + value, 6) << 3));
    four += load<f64>(terms + (<usize>load<u8>(area + value, 7) << 3));
    one += load<f64>(terms + (<usize>load<u8>(area + value, 8) << 3));
    two += load<f64>(terms + (<usize>load<u8>(area + value, 9) << 3));
    three += load<f64>(terms + (<usize>load<u8>(area + value, 10) << 3));
    four += load<f64>(terms + (<usize>load<u8>(area + value, 11) << 3));
    one += load<f64>(terms + (<usize>load<u8>(area + value, 12) << 3));
    two += load<f64>(terms + (<usize>load<u8>(area + value, 13) << 3));
    three += load<f64>(terms + (<usize>load<u8>(area + value, 14) << 3));
    four += load<f64>(terms + (<usize>load<u8>(area + value, 15) << 3));
  }
  store<f64>(sum, one + two + (three + four));
  store<u32>(tally, load<u8>(area));
  store<u32>(tally + column, sumOfWords(i32x4.extadd_pairwise_i16x8_u(inFirst)));
  store<u32>(tally + 2 * column, sumOfWords(i32x4.extadd_pairwise_i16x8_u(inSecond)));
  return sumOfWords(i32x4.extadd_pairwise_i16x8_u(total)) == windowBytes;
}

/** Returns the largest count. */
function tallyWide(window: usize, windowBytes: u32, area: usize, terms: usize, sets: usize, sum: usize, tally: usize, column: usize): u32 {
  countBytes(window, windowBytes, area);
  let one: f64 = 0;
  let two: f64 = 0;
  let three: f64 = 0;
  let four: f64 = 0;
  let largest = i32x4.splat(0);
  let inFirst = i32x4.splat(0);
  let inSecond = i32x4.splat(0);
  for (let value: usize = 0; value < VALUES; value += 8) {
    const at = area + (value << 2);
    const low = v128.load(at);
    const high = v128.load(at, 16);
    const first = v128.load8x8_s(sets + value);
    const second = v128.load8x8_s(sets + value, SET);
    largest = i32x4.max_u(largest, i32x4.max_u(low, high));
    inFirst = i32x4.add(inFirst, v128.and(low, i32x4.extend_low_i16x8_s(first)));
    inFirst = i32x4.add(inFirst, v128.and(high, i32x4.extend_high_i16x8_s(first)));
    inSecond = i32x4.add(inSecond, v128.and(low, i32x4.extend_low_i16x8_s(second)));
    inSecond = i32x4.add(inSecond, v128.and(high, i32x4.extend_high_i16x8_s(second)));
    one += load<f64>(terms + (<usize>load<u32>(at) << 3));
    two += load<f64>(terms + (<usize>load<u32>(at, 4) << 3));
    three += load<f64>(terms + (<usize>load<u32>(at, 8) << 3));
    four += load<f64>(terms + (<usize>load<u32>(at, 12) << 3));
    one += load<f64>(terms + (<usize>load<u32>(at, 16) << 3));
    two += load<f64>(terms + (<usize>load<u32>(at, 20) << 3));
    three += load<f64>(terms + (<usize>load<u32>(at, 24) << 3));
    four += load<f64>(terms + (<usize>load<u32>(at, 28) << 3));
  }
  store<f64>(sum, one + two + (three + four));
  store<u32>(tally, load<u32>(area));
  store<u32>(tally + column, sumOfWords(inFirst));
  store<u32>(tally + 2 * column, sumOfWords(inSecond));
  const pairs = i32x4.max_u(largest, i8x16.shuffle(largest, largest, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return max(i32x4.extract_lane(pairs, 0), i32x4.extract_lane(pairs, 1));
}

@inline
function sumOfWords(words: v128): u32 {
  return i32x4.extract_lane(words, 0) + i32x4.extract_lane(words, 1) + i32x4.extract_lane(words, 2) + i32x4.extract_lane(words, 3);
}
