/**
 * Search for one pattern in a window: all places where (byte & mask) == value for every byte of the pattern.
 *
 * Layout: the pattern is `length` values, then `length` masks; a value has no bit that its mask lacks. Offsets are written as u32, ascending.
 * Invariants: WINDOW_PADDING bytes behind the window may be read, and never decide about a match. Overlapping matches are all found.
 * Method: two probes, places in the pattern whose bytes are rare in memory, are compared for 64 starts at a time; the starts where both match
 * are verified byte by byte ("generic SIMD" of W. Mula, "SIMD-friendly algorithms for substring searching", 2016).
 */

/** Starts that one step of the search looks at. */
const STEP: usize = 64;

/** `findMasked` for a pattern whose masks are all 0xff. */
export function findPlain(
  window: usize,
  from: u32,
  starts: u32,
  pattern: usize,
  length: u32,
  firstProbe: u32,
  secondProbe: u32,
  output: usize,
  capacity: u32,
): u32 {
  return find(false, window, from, starts, pattern, length, firstProbe, secondProbe, output, capacity);
}

/**
 * Writes the offsets of matches that start in `[from, starts)` of the window, at most `capacity` (at least 1), and returns their number. If it
 * is `capacity`, the caller goes on behind the last one. The window has at least `starts - 1 + length` bytes; the probes are less than `length`.
 */
export function findMasked(
  window: usize,
  from: u32,
  starts: u32,
  pattern: usize,
  length: u32,
  firstProbe: u32,
  secondProbe: u32,
  output: usize,
  capacity: u32,
): u32 {
  return find(true, window, from, starts, pattern, length, firstProbe, secondProbe, output, capacity);
}

@inline
function find(
  masked: bool,
  window: usize,
  from: u32,
  starts: u32,
  pattern: usize,
  length: u32,
  firstProbe: u32,
  secondProbe: u32,
  output: usize,
  capacity: u32,
): u32 {
  const masks = pattern + length;
  const firstValue = i8x16.splat(load<i8>(pattern + firstProbe));
  const secondValue = i8x16.splat(load<i8>(pattern + secondProbe));
  const firstMask = i8x16.splat(load<i8>(masks + firstProbe));
  const secondMask = i8x16.splat(load<i8>(masks + secondProbe));
  let count: u32 = 0;
  for (let at: usize = from; at < starts; at += STEP) {
    const first = window + at + firstProbe;
    const second = window + at + secondProbe;
    const a = both(masked, first, second, firstValue, secondValue, firstMask, secondMask);
    const b = both(masked, first + 16, second + 16, firstValue, secondValue, firstMask, secondMask);
    const c = both(masked, first + 32, second + 32, firstValue, secondValue, firstMask, secondMask);
    const d = both(masked, first + 48, second + 48, firstValue, secondValue, firstMask, secondMask);
    if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) continue;
    let candidates =
      <u64>(<u32>i8x16.bitmask(a)) |
      (<u64>(<u32>i8x16.bitmask(b)) << 16) |
      (<u64>(<u32>i8x16.bitmask(c)) << 32) |
      (<u64>(<u32>i8x16.bitmask(d)) << 48);
    for (; candidates != 0; candidates &= candidates - 1) {
      const start = at + <usize>ctz(candidates);
      if (start >= starts) break;
      if (!matches(masked, window + start, pattern, length)) continue;
      store<u32>(output + ((<usize>count) << 2), <u32>start);
      if (++count == capacity) return count;
    }
  }
  return count;
}

/** 0xff in each of 16 starts where both probes match. */
@inline
function both(
  masked: bool,
  first: usize,
  second: usize,
  firstValue: v128,
  secondValue: v128,
  firstMask: v128,
  secondMask: v128,
): v128 {
  let firstBytes = v128.load(first);
  let secondBytes = v128.load(second);
  if (masked) {
    firstBytes = v128.and(firstBytes, firstMask);
    secondBytes = v128.and(secondBytes, secondMask);
  }
  return v128.and(i8x16.eq(firstBytes, firstValue), i8x16.eq(secondBytes, secondValue));
}

/** Whether the bytes at `bytes` match the whole pattern. */
@inline
function matches(masked: bool, bytes: usize, pattern: usize, length: u32): bool {
  const masks = pattern + length;
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) {
    let word = load<u64>(bytes + i);
    if (masked) word &= load<u64>(masks + i);
    if (word != load<u64>(pattern + i)) return false;
  }
  for (; i < length; i++) {
    let byte = load<u8>(bytes + i);
    if (masked) byte &= load<u8>(masks + i);
    if (byte != load<u8>(pattern + i)) return false;
  }
  return true;
}
