/**
 * How rare bytes are in memory, and the bytes of a pattern that a search looks at first.
 *
 * Source: none; guesses, in thousandths, that affect no result. Memory is padding, small integers, text and pointers.
 */
const ZERO: u32 = 400;
const ALL_BITS: u32 = 60;
const LETTER: u32 = 12;
const SMALL: u32 = 10;
const OTHER_ASCII: u32 = 4;
const OTHER: u32 = 2;
const ANY: u32 = 1000;

/** How many of 1,000 bytes match a value under a mask. */
export function frequencyOf(value: u32, mask: u32): u32 {
  if (mask != 0xff) {
    const values: u32 = 1 << (8 - <u32>popcnt(mask));
    return min<u32>(ANY, (value == 0 ? ZERO : 0) + OTHER_ASCII * values);
  }
  if (value == 0) return ZERO;
  if (value == 0xff) return ALL_BITS;
  if (value == 0x20 || (value >= 0x61 && value <= 0x7a)) return LETTER;
  if (value <= 0x10 || value == 0x48) return SMALL;
  return value < 0x80 ? OTHER_ASCII : OTHER;
}

/** Writes the places of the two rarest bytes of a pattern, u32 each: twice the same place if it has one byte. */
export function chooseProbes(values: usize, masks: usize, length: u32, probes: usize): void {
  let first: usize = 0;
  let second: usize = length > 1 ? 1 : 0;
  let firstFrequency = frequencyOf(load<u8>(values), load<u8>(masks));
  let secondFrequency = frequencyOf(load<u8>(values + second), load<u8>(masks + second));
  if (secondFrequency < firstFrequency) {
    const place = first;
    first = second;
    second = place;
    const frequency = firstFrequency;
    firstFrequency = secondFrequency;
    secondFrequency = frequency;
  }
  for (let i: usize = 2; i < length; i++) {
    const frequency = frequencyOf(load<u8>(values + i), load<u8>(masks + i));
    if (frequency < firstFrequency) {
      second = first;
      secondFrequency = firstFrequency;
      first = i;
      firstFrequency = frequency;
    } else if (frequency < secondFrequency) {
      second = i;
      secondFrequency = frequency;
    }
  }
  store<u32>(probes, <u32>first);
  store<u32>(probes, <u32>second, 4);
}
