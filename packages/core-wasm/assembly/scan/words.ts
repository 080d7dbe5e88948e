/**
 * Words that lie in intervals of values: pointers into ranges of addresses.
 *
 * Layout of the setup (WORDS_* in src/layout.ts): mask, least value, greatest minus least, number of intervals; then the first values of all
 * intervals, then their last values, u64 each, ascending. Intervals do not overlap.
 * Layout of the output, for `capacity` words: u64 values, as they stand in memory; u32 offsets, ascending; u32 indexes of intervals.
 * Method: a vector of words minus the least value, compared unsigned with greatest minus least, rejects nearly all words of most memory; a binary
 * search decides about the others. Wrapping subtraction makes one comparison of two. WebAssembly compares 64-bit lanes only as signed: both
 * sides have their sign bit flipped.
 * Invariants: WINDOW_PADDING bytes behind the window may be read, and never decide about a word. For words of 4 bytes, the mask and all values of
 * intervals are below 2^32.
 */
import { WORDS_COUNT, WORDS_INTERVALS, WORDS_LEAST, WORDS_MASK, WORDS_SPAN } from "../../src/layout";

/** Bytes whose words one step looks at: of words at every multiple of their size, and of others. */
const STEP: usize = 64;
const VECTOR: usize = 16;

/**
 * Writes words that begin at `from`, `from + alignment`, ... before `starts`, at most `capacity` (at least 1), and returns their number. If it is
 * `capacity`, the caller goes on behind the last one. `width`: 4 or 8; `alignment`: a power of two up to `width`. The window has at least
 * `starts - 1 + width` bytes.
 */
export function findWords(
  window: usize,
  from: u32,
  starts: u32,
  width: u32,
  bigEndian: bool,
  alignment: u32,
  setup: usize,
  output: usize,
  capacity: u32,
): u32 {
  if (width == 8) {
    return bigEndian
      ? find(true, true, window, from, starts, alignment, setup, output, capacity)
      : find(true, false, window, from, starts, alignment, setup, output, capacity);
  }
  return bigEndian
    ? find(false, true, window, from, starts, alignment, setup, output, capacity)
    : find(false, false, window, from, starts, alignment, setup, output, capacity);
}

@inline
function find(
  wide: bool,
  bigEndian: bool,
  window: usize,
  from: usize,
  starts: usize,
  alignment: usize,
  setup: usize,
  output: usize,
  capacity: u32,
): u32 {
  const width: usize = wide ? 8 : 4;
  const mask = load<u64>(setup, WORDS_MASK);
  const least = load<u64>(setup, WORDS_LEAST);
  const span = load<u64>(setup, WORDS_SPAN);
  const masks = splat(wide, mask);
  const leasts = splat(wide, least);
  const signs = splat(wide, wide ? 0x8000000000000000 : 0x80000000);
  const spans = v128.xor(splat(wide, span), signs);
  let count: u32 = 0;
  if (alignment == width) {
    for (let at = from; at < starts; at += STEP) {
      const place = window + at;
      const a = outside(wide, bigEndian, place, masks, leasts, signs, spans);
      const b = outside(wide, bigEndian, place + 16, masks, leasts, signs, spans);
      const c = outside(wide, bigEndian, place + 32, masks, leasts, signs, spans);
      const d = outside(wide, bigEndian, place + 48, masks, leasts, signs, spans);
      if (i8x16.all_true(v128.and(v128.and(a, b), v128.and(c, d)))) continue;
      // A bit for each word inside: a word has the same byte in all its lanes.
      let inside = lanes(wide, a) | (lanes(wide, b) << (wide ? 2 : 4)) | (lanes(wide, c) << (wide ? 4 : 8));
      inside |= lanes(wide, d) << (wide ? 6 : 12);
      for (; inside != 0; inside &= inside - 1) {
        const start = at + <usize>ctz(inside) * width;
        if (start >= starts) break;
        count += emit(wide, bigEndian, window, start, mask, setup, output, capacity, count);
        if (count == capacity) return count;
      }
    }
    return count;
  }
  for (let at = from; at < starts; at += VECTOR) {
    let inside: u32 = 0;
    for (let phase: usize = 0; phase < width; phase += alignment) {
      const bits = lanes(wide, outside(wide, bigEndian, window + at + phase, masks, leasts, signs, spans));
      inside |= spread(wide, bits) << (<u32>phase);
    }
    for (; inside != 0; inside &= inside - 1) {
      const start = at + <usize>ctz(inside);
      if (start >= starts) break;
      count += emit(wide, bigEndian, window, start, mask, setup, output, capacity, count);
      if (count == capacity) return count;
    }
  }
  return count;
}

@inline
function splat(wide: bool, value: u64): v128 {
  return wide ? i64x2.splat(value) : i32x4.splat(<i32>value);
}

/** All bits of each word of a vector that lies outside of [least, greatest]. */
@inline
function outside(wide: bool, bigEndian: bool, place: usize, masks: v128, leasts: v128, signs: v128, spans: v128): v128 {
  let words = v128.load(place);
  if (bigEndian) {
    words = wide
      ? i8x16.shuffle(words, words, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8)
      : i8x16.shuffle(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  }
  words = v128.and(words, masks);
  return wide
    ? i64x2.gt_s(v128.xor(i64x2.sub(words, leasts), signs), spans)
    : i32x4.gt_s(v128.xor(i32x4.sub(words, leasts), signs), spans);
}

/** A bit for each word that is inside. */
@inline
function lanes(wide: bool, outside: v128): u32 {
  return wide ? <u32>i64x2.bitmask(outside) ^ 3 : <u32>i32x4.bitmask(outside) ^ 15;
}

/** Moves the bit of each lane to the place of the first byte of its word. */
@inline
function spread(wide: bool, bits: u32): u32 {
  if (wide) return (bits & 1) | ((bits & 2) << 7);
  return (bits & 1) | ((bits & 2) << 3) | ((bits & 4) << 6) | ((bits & 8) << 9);
}

/** Writes the word at `start` if it lies in an interval, and returns how many words were written: 0 or 1. */
@inline
function emit(
  wide: bool,
  bigEndian: bool,
  window: usize,
  start: usize,
  mask: u64,
  setup: usize,
  output: usize,
  capacity: u32,
  count: u32,
): u32 {
  let value = wide ? load<u64>(window + start) : <u64>load<u32>(window + start);
  if (bigEndian) value = wide ? bswap<u64>(value) : <u64>bswap<u32>(<u32>value);
  const interval = intervalOf(value & mask, setup);
  if (interval < 0) return 0;
  store<u64>(output + (<usize>count << 3), value);
  const offsets = output + (<usize>capacity << 3);
  store<u32>(offsets + (<usize>count << 2), <u32>start);
  store<u32>(offsets + (<usize>capacity << 2) + (<usize>count << 2), interval);
  return 1;
}

/** The index of the interval that holds `value`, -1 if none does. */
function intervalOf(value: u64, setup: usize): i32 {
  const count = load<u32>(setup, WORDS_COUNT);
  const firsts = setup + WORDS_INTERVALS;
  let low: u32 = 0;
  let high = count;
  // The first interval that begins behind `value` lies in [low, high].
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u64>(firsts + (<usize>middle << 3)) <= value) low = middle + 1;
    else high = middle;
  }
  if (low == 0) return -1;
  const lasts = firsts + (<usize>count << 3);
  return value <= load<u64>(lasts + (<usize>(low - 1) << 3)) ? <i32>(low - 1) : -1;
}
