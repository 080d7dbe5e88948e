/**
 * Search for one pattern in a window: all places where (byte & mask) == value for every byte of the pattern.
 *
 * Layout: the pattern is an entry (assembly/scan/verify.ts); its probes are two u32, places in the pattern. Offsets are written as u32, ascending. The
 * cursor (SEEK_*) is read and written.
 * Invariants: WINDOW_PADDING bytes behind the window may be read, and never decide about a match. Overlapping matches are all found.
 * Method: two probes, whose bytes are rare in memory, are compared for 64 starts at a time; the starts where both match are verified ("generic SIMD" of
 * W. Mula, "SIMD-friendly algorithms for substring searching", 2016).
 */
import { ENTRY_LENGTH, ENTRY_VALUES, SEEK_AT, SEEK_STEPS } from "../../src/layout";
import { matchesAt } from "./verify";

/** Starts that one step of the search looks at. */
const STEP: usize = 64;

/** `findMasked` for a pattern whose masks are all 0xff. */
export function findPlain(window: usize, starts: u32, entry: usize, probes: usize, cursor: usize, output: usize, capacity: u32, most: u32): u32 {
  return find(false, window, starts, entry, probes, cursor, output, capacity, most);
}

/**
 * Writes the offsets of matches that start before `starts`, at most `capacity` (at least 1), and returns their number. It pauses, too, when comparisons
 * have taken `most` steps; the caller calls again until the cursor is at `starts`. The window has at least `starts - 1` bytes and the length of the pattern.
 */
export function findMasked(window: usize, starts: u32, entry: usize, probes: usize, cursor: usize, output: usize, capacity: u32, most: u32): u32 {
  return find(true, window, starts, entry, probes, cursor, output, capacity, most);
}

@inline
function find(
  masked: bool,
  window: usize,
  starts: u32,
  entry: usize,
  probes: usize,
  cursor: usize,
  output: usize,
  capacity: u32,
  most: u32,
): u32 {
  const length: usize = load<u32>(entry, ENTRY_LENGTH);
  const end = <usize>starts - 1 + length;
  const values = entry + ENTRY_VALUES;
  const masks = values + ((length + 7) & ~7);
  const firstProbe: usize = load<u32>(probes);
  const secondProbe: usize = load<u32>(probes, 4);
  const firstValue = i8x16.splat(load<i8>(values + firstProbe));
  const secondValue = i8x16.splat(load<i8>(values + secondProbe));
  const firstMask = i8x16.splat(load<i8>(masks + firstProbe));
  const secondMask = i8x16.splat(load<i8>(masks + secondProbe));
  let count: u32 = 0;
  store<u32>(cursor, 0, SEEK_STEPS);
  let at: usize = load<u32>(cursor, SEEK_AT);
  for (; at < starts; at += STEP) {
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
      if (matchesAt(window, start, end, entry, cursor)) {
        store<u32>(output + ((<usize>count) << 2), <u32>start);
        count++;
      }
      if (count == capacity || load<u32>(cursor, SEEK_STEPS) >= most) {
        store<u32>(cursor, <u32>start + 1, SEEK_AT);
        return count;
      }
    }
  }
  store<u32>(cursor, <u32>at, SEEK_AT);
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
