/**
 * Search for many patterns that have keys: consecutive bytes that are compared without masks but that for the case of letters.
 *
 * Method: a key is as long as all patterns allow, up to a bound, and has `stride` grams, of GRAM_BYTES bytes each, one at each of its first `stride` bytes.
 * So of the places of the window that are multiples of `stride`, exactly one lies at the start of a gram of a key that matches. At each of these places
 * the gram of the window is hashed, and looked up in a Bloom filter of the grams of all keys, with one hash function; groups of places are looked up with one
 * branch. Where the filter has the gram, the patterns in the chain of its hash are compared. Sources: B. H. Bloom, "Space/time trade-offs in hash coding with allowable
 * errors", 1970; L. Salmela, J. Tarhio, J. Kytöjoki, "Multipattern string matching with q-grams", 2006; K. Fredriksson, Sz. Grabowski, "Average-optimal
 * string matching", 2009 (places that are sampled).
 * Layout: KEYED_* and LINK_* (src/layout.ts); assembly/scan/gram-table.ts makes the table.
 * Where keys have bytes of few values, such as letters, vectors of bytes are looked at first, with a table for each half of a byte: G. Langdale, D. Lemire,
 * "Parsing gigabytes of JSON per second", 2019 (vectorized classification).
 * Invariants: WINDOW_PADDING bytes behind the window may be read, and never decide about a match. The cursor (SEEK_*) is at a multiple of the stride, at first at 0.
 */
import {
  GRAM_BYTES,
  KEYED_CLASS_HIGH,
  KEYED_CLASS_LOW,
  KEYED_CLASSED,
  KEYED_FILTER,
  KEYED_FILTER_BITS,
  KEYED_FOLD,
  KEYED_STRIDE,
  LARGE_FILTER_BITS,
  LINK_GRAM,
  LINK_NEXT,
  MEDIUM_FILTER_BITS,
  SEEK_AT,
  SEEK_LINK,
  SEEK_STEPS,
  SMALL_FILTER_BITS,
} from "../../src/layout";
import { hashOf, headOf, inFilter } from "./gram-table";
import { count, linkMatches } from "./verify";

/** Places that are looked up with one branch. */
const GROUP: usize = 8;
/** Bytes whose values are looked at together. */
const BLOCK: usize = 64;

/**
 * Writes matches that lie whole in the first `length` bytes of the window, at most `capacity`, as u32 offset, u32 index of the pattern, not in the order of
 * their offsets. Returns their number. It pauses, too, when comparisons have taken `most` steps; the caller calls again until the cursor is at `length`.
 */
export function findKeyed(window: usize, length: u32, table: usize, cursor: usize, output: usize, capacity: u32, most: u32): u32 {
  // Shifts by a constant number are so much faster that the kernel is there for each size of a filter.
  const bits = load<u32>(table, KEYED_FILTER_BITS);
  if (bits == <u32>SMALL_FILTER_BITS) return find(SMALL_FILTER_BITS, window, length, table, cursor, output, capacity, most);
  if (bits == <u32>MEDIUM_FILTER_BITS) return find(MEDIUM_FILTER_BITS, window, length, table, cursor, output, capacity, most);
  return find(LARGE_FILTER_BITS, window, length, table, cursor, output, capacity, most);
}

@inline
function find(bits: u32, window: usize, length: u32, table: usize, cursor: usize, output: usize, capacity: u32, most: u32): u32 {
  const stride: usize = load<u32>(table, KEYED_STRIDE);
  const fold = load<u32>(table, KEYED_FOLD);
  const filter = table + KEYED_FILTER;
  const isClassed = load<u32>(table, KEYED_CLASSED) != 0;
  const low = v128.load(table, KEYED_CLASS_LOW);
  const high = v128.load(table, KEYED_CLASS_HIGH);
  const last: usize = length < <u32>GRAM_BYTES ? 0 : length - GRAM_BYTES + 1;
  const lastGroup: usize = last > (GROUP - 1) * stride ? last - (GROUP - 1) * stride : 0;
  let place: usize = load<u32>(cursor, SEEK_AT);
  let link: usize = load<u32>(cursor, SEEK_LINK);
  let found: u32 = 0;
  store<u32>(cursor, 0, SEEK_STEPS);
  while (place < last) {
    if (link == 0) {
      place =
        (isClassed
          ? afterClassed(bits, window + place, window + lastGroup, stride, filter, fold, low, high)
          : afterGroups(bits, window + place, window + lastGroup, stride, filter, fold)) - window;
      const behind = min(last, place + GROUP * stride);
      while (place < behind && (inFilter(filter, bits, hashOf(load<u32>(window + place) | fold)) & 1) == 0) place += stride;
      if (place >= behind) continue;
      link = load<u32>(headOf(table, hashOf(load<u32>(window + place) | fold)));
      if (link == 0) {
        place += stride;
        continue;
      }
    }
    if (load<u32>(link, LINK_GRAM) != (load<u32>(window + place) | fold)) count(cursor, 1);
    else if (linkMatches(window, place, length, link, cursor, output + ((<usize>found) << 3))) found++;
    link = load<u32>(link, LINK_NEXT);
    if (link == 0) place += stride;
    if (found == capacity || load<u32>(cursor, SEEK_STEPS) >= most) break;
  }
  store<u32>(cursor, place >= last ? length : <u32>place, SEEK_AT);
  store<u32>(cursor, <u32>link, SEEK_LINK);
  return found;
}

/** The address of the first group from `bytes` up to `end` that the filter may have a gram of; an address from `end` on if there is none. */
@inline
function afterGroups(bits: u32, bytes: usize, end: usize, stride: usize, filter: usize, fold: u32): usize {
  while (bytes < end && (groupInFilter(bytes, stride, filter, bits, fold) & 1) == 0) bytes += GROUP * stride;
  return bytes;
}

/** The same where keys have bytes of few values: 64 bytes that have none of them, or no gram of them, are skipped at once. */
@inline
function afterClassed(bits: u32, bytes: usize, end: usize, stride: usize, filter: usize, fold: u32, low: v128, high: v128): usize {
  const skip = BLOCK - (BLOCK % stride);
  while (bytes < end) {
    if (!mayHaveGram(bytes, low, high)) {
      bytes += skip;
      continue;
    }
    const stop = min(end, bytes + skip);
    while (bytes < stop) {
      if ((groupInFilter(bytes, stride, filter, bits, fold) & 1) != 0) return bytes;
      bytes += GROUP * stride;
    }
  }
  return bytes;
}

/** Whether a gram of the bytes that keys have may begin in 64 bytes: at the end of them, some of its bytes are not looked at. */
@inline
function mayHaveGram(bytes: usize, low: v128, high: v128): bool {
  const a = inClass(bytes, low, high);
  const b = inClass(bytes + 16, low, high);
  const c = inClass(bytes + 32, low, high);
  const d = inClass(bytes + 48, low, high);
  if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return false;
  const zero = i8x16.splat(0);
  const others =
    <u64>(<u32>i8x16.bitmask(i8x16.eq(a, zero))) |
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(b, zero))) << 16) |
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(c, zero))) << 32) |
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(d, zero))) << 48);
  return ~(others | (others >> 1) | (others >> 2) | (others >> 3)) != 0;
}

/** For each of 16 bytes not 0 if keys have it. */
@inline
function inClass(bytes: usize, low: v128, high: v128): v128 {
  const values = v128.load(bytes);
  return v128.and(i8x16.swizzle(low, v128.and(values, i8x16.splat(0x0f))), i8x16.swizzle(high, i8x16.shr_u(values, 4)));
}

/** Bit 0 is 1 if the filter may have the gram at one of the places of a group. */
@inline
function groupInFilter(bytes: usize, stride: usize, filter: usize, bits: u32, fold: u32): u32 {
  const third = bytes + 2 * stride;
  const fifth = third + 2 * stride;
  const seventh = fifth + 2 * stride;
  return (
    inFilter(filter, bits, hashOf(load<u32>(bytes) | fold)) |
    inFilter(filter, bits, hashOf(load<u32>(bytes + stride) | fold)) |
    inFilter(filter, bits, hashOf(load<u32>(third) | fold)) |
    inFilter(filter, bits, hashOf(load<u32>(third + stride) | fold)) |
    inFilter(filter, bits, hashOf(load<u32>(fifth) | fold)) |
    inFilter(filter, bits, hashOf(load<u32>(fifth + stride) | fold)) |
    inFilter(filter, bits, hashOf(load<u32>(seventh) | fold)) |
    inFilter(filter, bits, hashOf(load<u32>(seventh + stride) | fold))
  );
}
