/**
 * Copies of literals and matches inside a decoder's output. A match repeats bytes that lie `offset` bytes back. A match longer than `offset`
 * repeats its own output.
 *
 * Invariant: wide copies write whole vectors, and so up to OVERSHOOT bytes behind the end of the copy. Their callers make sure that these
 * bytes belong to the output and are not yet produced.
 */

/** Bytes behind its end that a wide copy may overwrite. */
export const OVERSHOOT: usize = 32;
/** Below this length a loop of vectors is faster than the bulk instructions. */
export const SHORT_COPY: usize = 768;

/** Copies `length` bytes between ranges that do not overlap. Reads up to 16 bytes behind the end of `from`. */
@inline
export function copyWide(to: usize, from: usize, length: usize): void {
  v128.store(to, v128.load(from));
  if (length > 16) {
    const end = to + length;
    do {
      to += 16;
      from += 16;
      v128.store(to, v128.load(from));
    } while (to + 16 < end);
  }
}

/** Copies a match; 1 <= offset <= bytes before `output`, length >= 1. */
@inline
export function copyMatchWide(output: usize, offset: usize, length: usize): void {
  if (length >= SHORT_COPY && (offset === 1 || offset >= length)) copyInBulk(output, offset, length);
  else copyMatchByVectors(output, offset, length);
}

/** Copies a match without a call: engines keep the variables of a loop in registers only if the loop calls no function. */
@inline
export function copyMatchByVectors(output: usize, offset: usize, length: usize): void {
  let from = output - offset;
  if (offset >= 16) {
    v128.store(output, v128.load(from));
    if (length > 16) {
      const end = output + length;
      do {
        output += 16;
        from += 16;
        v128.store(output, v128.load(from));
      } while (output + 16 < end);
    }
  } else {
    const end = output + length;
    const pattern = repeating(v128.load(from), offset);
    const wholePeriods = 16 - (<u32>16 % <u32>offset);
    do {
      v128.store(output, pattern);
      output += wholePeriods;
    } while (output < end);
  }
}

/** Copies a match that ends less than OVERSHOOT bytes before the end of the output: the last bytes one by one. */
export function copyMatchAtEnd(output: usize, offset: usize, length: usize): void {
  if (length > OVERSHOOT) {
    const wide = length - OVERSHOOT;
    copyMatchWide(output, offset, wide);
    output += wide;
    length = OVERSHOOT;
  }
  const end = output + length;
  for (; output < end; output++) store<u8>(output, load<u8>(output - offset));
}

/** Copies a match that repeats one byte or does not overlap its source. */
function copyInBulk(output: usize, offset: usize, length: usize): void {
  if (offset === 1) memory.fill(output, load<u8>(output - 1), length);
  else memory.copy(output, output - offset, length);
}

/** A vector that repeats the first `period` bytes of `bytes`, 1 <= period <= 15. */
@inline
function repeating(bytes: v128, period: usize): v128 {
  // Reduces every index modulo the period. A subtraction below 0 wraps around to a larger number, so that the minimum undoes it.
  const once = i8x16.splat(<i8>period);
  const twice = i8x16.add(once, once);
  const fourTimes = i8x16.add(twice, twice);
  let index = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  index = i8x16.min_u(index, i8x16.sub(index, i8x16.add(fourTimes, fourTimes)));
  index = i8x16.min_u(index, i8x16.sub(index, fourTimes));
  index = i8x16.min_u(index, i8x16.sub(index, twice));
  index = i8x16.min_u(index, i8x16.sub(index, once));
  return i8x16.swizzle(bytes, index);
}
