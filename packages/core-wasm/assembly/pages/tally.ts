/**
 * Tally of a page-state map: the number of pages in each state.
 *
 * Counts the low bits that are set, the high bits that are set, and the pages where both are set. The four tallies follow from these and the
 * number of pages. Three vectors are added as 2-bit fields (at most 3), then the four fields of each byte (at most 12). The sums of 21 such
 * groups still fit a byte (at most 252); then they are widened.
 *
 * Layout of the output: TALLY_* (src/layout.ts).
 * Source: specification, page-state map.
 */
import { TALLY_CAPTURED, TALLY_FAILED, TALLY_RESERVED, TALLY_UNMAPPED } from "../../src/layout";
import { LOW_BITS, stateWord, wordCount } from "./state-word";

const GROUP_BYTES: usize = 48;
const GROUPS_PER_SUM: usize = 21;

/** Tallies the `pages` states at `map`. Unused bits of the last byte are ignored. */
export function tallyPageStates(map: usize, pages: u32, output: usize): void {
  let low: u64 = 0;
  let high: u64 = 0;
  let both: u64 = 0;

  const lowBits = i8x16.splat(0x55);
  const groups = (<usize>(pages >> 2)) / GROUP_BYTES;
  const groupsEnd = map + groups * GROUP_BYTES;
  let address = map;
  while (address < groupsEnd) {
    const sumEnd = address + min(groupsEnd - address, GROUPS_PER_SUM * GROUP_BYTES);
    let lowSums = i8x16.splat(0);
    let highSums = i8x16.splat(0);
    let bothSums = i8x16.splat(0);
    for (; address < sumEnd; address += GROUP_BYTES) {
      const first = v128.load(address);
      const second = v128.load(address, 16);
      const third = v128.load(address, 32);
      const firstLow = v128.and(first, lowBits);
      const secondLow = v128.and(second, lowBits);
      const thirdLow = v128.and(third, lowBits);
      const firstHigh = v128.and(i64x2.shr_u(first, 1), lowBits);
      const secondHigh = v128.and(i64x2.shr_u(second, 1), lowBits);
      const thirdHigh = v128.and(i64x2.shr_u(third, 1), lowBits);
      const firstBoth = v128.and(firstLow, firstHigh);
      const secondBoth = v128.and(secondLow, secondHigh);
      const thirdBoth = v128.and(thirdLow, thirdHigh);
      lowSums = i8x16.add(lowSums, fieldSums(i8x16.add(i8x16.add(firstLow, secondLow), thirdLow)));
      highSums = i8x16.add(highSums, fieldSums(i8x16.add(i8x16.add(firstHigh, secondHigh), thirdHigh)));
      bothSums = i8x16.add(bothSums, fieldSums(i8x16.add(i8x16.add(firstBoth, secondBoth), thirdBoth)));
    }
    low += byteSum(lowSums);
    high += byteSum(highSums);
    both += byteSum(bothSums);
  }

  const words = wordCount(pages);
  for (let index = <u32>(groups * (GROUP_BYTES >> 3)); index < words; index++) {
    const word = stateWord(map, pages, index);
    low += popcnt(word & LOW_BITS);
    high += popcnt((word >> 1) & LOW_BITS);
    both += popcnt(word & (word >> 1) & LOW_BITS);
  }

  store<u32>(output, <u32>(pages - low - high + both), TALLY_CAPTURED);
  store<u32>(output, <u32>(low - both), TALLY_FAILED);
  store<u32>(output, <u32>(high - both), TALLY_UNMAPPED);
  store<u32>(output, <u32>both, TALLY_RESERVED);
}

/** In each byte, the sum of its four 2-bit fields. */
@inline
function fieldSums(fields: v128): v128 {
  const pairMask = i8x16.splat(0x33);
  const byteMask = i8x16.splat(0x0f);
  const pairs = i8x16.add(v128.and(fields, pairMask), v128.and(i64x2.shr_u(fields, 2), pairMask));
  return i8x16.add(v128.and(pairs, byteMask), v128.and(i64x2.shr_u(pairs, 4), byteMask));
}

/** The sum of 16 unsigned bytes. */
@inline
function byteSum(bytes: v128): u64 {
  const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes));
  const halves = i32x4.add(sums, i32x4.shuffle(sums, sums, 2, 3, 0, 1));
  return <u64>(<u32>i32x4.extract_lane(halves, 0) + <u32>i32x4.extract_lane(halves, 1));
}
