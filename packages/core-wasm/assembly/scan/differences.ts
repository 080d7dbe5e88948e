/**
 * Differences of two windows: ranges of bytes in which both differ.
 *
 * Layout of the output: u32 start, u32 end, u32 differing bytes of each range, ascending. The cursor (DIFFER_* in src/layout.ts) is read and
 * written: the offset of the next block, and the range that reaches the blocks before.
 * Method: 64 bytes of both windows become a word with a bit for each byte that differs; runs of bits are ranges. Ranges with at most `gap` equal bytes
 * between them are joined. The first and the last byte of a range always differ.
 * Invariants: WINDOW_PADDING bytes behind each window may be read, and belong to no range.
 * Source: none.
 */
import { DIFFER_AT, DIFFER_CHANGED, DIFFER_END, DIFFER_START } from "../../src/layout";

const BLOCK: u32 = 64;
const RANGE: usize = 12;
/** In the cursor: no range is open. */
const NOT_OPEN: u32 = 0xffffffff;

/**
 * Writes at most `capacity` (at least 34) ranges of the first `length` bytes of both windows, and returns their number. The caller calls again until the
 * cursor is at `length`. A cursor for a new comparison has the offset 0 and the start 0xffffffff.
 */
export function findDifferences(a: usize, b: usize, length: u32, gap: u32, cursor: usize, output: usize, capacity: u32): u32 {
  let at = load<u32>(cursor, DIFFER_AT);
  let start = load<u32>(cursor, DIFFER_START);
  let end = load<u32>(cursor, DIFFER_END);
  let changed = load<u32>(cursor, DIFFER_CHANGED);
  let count: u32 = 0;
  for (; at < length; at += BLOCK) {
    // A block has 32 ranges of its own at most, and ends one that was open.
    if (count + 34 > capacity) break;
    let bits = differing(a + at, b + at);
    if (length - at < BLOCK) bits &= (<u64>1 << (length - at)) - 1;
    while (bits != 0) {
      const first = <u32>ctz(bits);
      const rest = ~(bits >> first);
      const size = rest == 0 ? BLOCK : <u32>ctz(rest);
      const from = at + first;
      if (start != NOT_OPEN && from - end > gap) {
        emit(output, count++, start, end, changed);
        start = NOT_OPEN;
      }
      if (start == NOT_OPEN) {
        start = from;
        changed = 0;
      }
      end = from + size;
      changed += size;
      bits = size == BLOCK ? 0 : bits & ~(((<u64>1 << size) - 1) << first);
    }
  }
  if (at >= length && count < capacity) {
    at = length;
    if (start != NOT_OPEN) emit(output, count++, start, end, changed);
    start = NOT_OPEN;
  }
  store<u32>(cursor, at, DIFFER_AT);
  store<u32>(cursor, start, DIFFER_START);
  store<u32>(cursor, end, DIFFER_END);
  store<u32>(cursor, changed, DIFFER_CHANGED);
  return count;
}

@inline
function emit(output: usize, index: u32, start: u32, end: u32, changed: u32): void {
  const range = output + <usize>index * RANGE;
  store<u32>(range, start);
  store<u32>(range, end, 4);
  store<u32>(range, changed, 8);
}

/** A bit for each of 64 bytes that differs. */
@inline
function differing(a: usize, b: usize): u64 {
  const first = v128.xor(v128.load(a), v128.load(b));
  const second = v128.xor(v128.load(a, 16), v128.load(b, 16));
  const third = v128.xor(v128.load(a, 32), v128.load(b, 32));
  const fourth = v128.xor(v128.load(a, 48), v128.load(b, 48));
  if (!v128.any_true(v128.or(v128.or(first, second), v128.or(third, fourth)))) return 0;
  return ~(zeros(first) | (zeros(second) << 16) | (zeros(third) << 32) | (zeros(fourth) << 48));
}

@inline
function zeros(vector: v128): u64 {
  return <u64>(<u32>i8x16.bitmask(i8x16.eq(vector, i8x16.splat(0))));
}
