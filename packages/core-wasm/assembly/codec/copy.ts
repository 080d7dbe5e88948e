/**
 * Copies inside a decoder's output.
 *
 * A match repeats bytes that lie `offset` bytes back; when it is longer than that it repeats its own output. The wide forms
 * write whole vectors and so up to OVERSHOOT bytes past the end of the copy: their callers have proved that these bytes belong
 * to the output and are not yet produced.
 */

/** Bytes past its end that a wide copy may overwrite. */
export const OVERSHOOT: usize = 32;
/** Below this length a loop of vectors beats the bulk instructions. */
export const SHORT_COPY: usize = 768;

/** Copies `length` bytes between ranges that do not overlap. Reads up to 16 bytes past the end of `from`, too. */
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
  if (offset >= 16) {
    const from = output - offset;
    v128.store(output, v128.load(from));
    if (length > 16) copyFarMatch(output, from, length);
  } else {
    repeatPattern(output, offset, length);
  }
}

/** Copies a match that ends less than OVERSHOOT bytes before the end of the output: its last bytes one by one. */
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

/** The rest of a match of at least 16 bytes distance whose first vector is written. */
function copyFarMatch(output: usize, from: usize, length: usize): void {
  if (length >= SHORT_COPY && output - from >= length) {
    memory.copy(output, from, length);
    return;
  }
  const end = output + length;
  output += 16;
  from += 16;
  do {
    v128.store(output, v128.load(from));
    v128.store(output, v128.load(from, 16), 16);
    output += 32;
    from += 32;
  } while (output < end);
}

/** A match of less than 16 bytes distance. */
function repeatPattern(output: usize, offset: usize, length: usize): void {
  const end = output + length;
  const from = output - offset;
  if (offset === 1) {
    const value = load<u8>(from);
    if (length >= SHORT_COPY) {
      memory.fill(output, value, length);
      return;
    }
    const pattern = i8x16.splat(value);
    do {
      v128.store(output, pattern);
      output += 16;
    } while (output < end);
    return;
  }
  // Each store doubles the bytes at `from` that follow the pattern, until they fill a vector.
  for (let patterned = offset; patterned < 16; patterned <<= 1) v128.store(from + patterned, v128.load(from));
  const pattern = v128.load(from);
  const wholePeriods = 16 - (<u32>16 % <u32>offset);
  do {
    v128.store(output, pattern);
    output += wholePeriods;
  } while (output < end);
}
