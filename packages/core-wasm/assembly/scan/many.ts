/**
 * Search for thousands of patterns at once. The patterns lie in entries (assembly/scan/verify.ts); assembly/scan/many-table.ts makes the tables.
 *
 * Patterns with keys, in the way of Wu and Manber ("A fast algorithm for multi-pattern searching", 1994): a key is `keyBytes` consecutive bytes that are
 * compared without masks but that for the case of letters. The last three bytes of a key are its block. The search looks at the block that ends at a
 * place, and its table says how many places can be skipped because no key ends there. Where nothing can be skipped, the patterns in the chain of the
 * block are compared. Layout of the table, for `buckets` buckets, a power of two:
 *   u8 x buckets      places to skip
 *   u32 x buckets     address of the first link of the chain, 0 if it has none
 * `fold` is or-ed to the three bytes of a block before it is hashed, in the window and in the table: 0x202020 if a pattern ignores case, else 0. A key
 * has at least 4 bytes, so that the byte before a block lies in the window.
 *
 * Patterns with anchors: those that have no key. The anchor is one byte or two; each pair of bytes has a chain. Layout of the table:
 *   u32 x 65,536      address of the first link of the chain, 0 if it has none
 *   u8 x 65,536       1 if the pair has a chain, else 0
 *
 * Matches are written as u32 offset, u32 index of the pattern, not in the order of their offsets. The cursor (SEEK_*) is read and written.
 */
import { ENTRY_BEFORE, ENTRY_PATTERN, SEEK_AT, SEEK_LINK, SEEK_STEPS } from "../../src/layout";
import { bucketOf, PAIRS } from "./many-table";
import { matchesAt } from "./verify";

/**
 * Writes matches that lie whole in the first `length` bytes of the window, at most `capacity`, and returns their number. It pauses, too, when comparisons
 * have taken `most` steps; the caller calls again until the cursor is at `length`. The place of the cursor is that of the last byte of a key, at first
 * `keyBytes - 1`.
 */
export function findKeyed(window: usize, length: u32, table: usize, bits: u32, fold: u32, cursor: usize, output: usize, capacity: u32, most: u32): u32 {
  const heads = table + ((<usize>1) << bits);
  let place: usize = load<u32>(cursor, SEEK_AT);
  let link: usize = load<u32>(cursor, SEEK_LINK);
  let count: u32 = 0;
  store<u32>(cursor, 0, SEEK_STEPS);
  while (place < length) {
    if (link == 0) {
      const bucket = bucketOf(load<u32>(window + place - 3), fold, bits);
      const skip = <usize>load<u8>(table + bucket);
      if (skip != 0) {
        place += skip;
        continue;
      }
      link = load<u32>(heads + ((<usize>bucket) << 2));
    }
    if (linkMatches(window, place, length, link, cursor, output + ((<usize>count) << 3))) count++;
    link = load<u32>(link);
    if (link == 0) place++;
    if (count == capacity || load<u32>(cursor, SEEK_STEPS) >= most) break;
  }
  store<u32>(cursor, <u32>place, SEEK_AT);
  store<u32>(cursor, <u32>link, SEEK_LINK);
  return count;
}

/** The same for patterns with anchors. The place of the cursor is that of the first byte of an anchor, at first 0. */
export function findAnchored(window: usize, length: u32, table: usize, cursor: usize, output: usize, capacity: u32, most: u32): u32 {
  const marks = table + 4 * PAIRS;
  let place: usize = load<u32>(cursor, SEEK_AT);
  let link: usize = load<u32>(cursor, SEEK_LINK);
  let count: u32 = 0;
  store<u32>(cursor, 0, SEEK_STEPS);
  while (place < length) {
    if (link == 0) {
      // The byte behind the window may be the second one of a pair: no pattern that has both ends in the window.
      const here = window + place;
      if ((isMarked(marks, here) | isMarked(marks, here + 1) | isMarked(marks, here + 2) | isMarked(marks, here + 3)) == 0) {
        place += 4;
        continue;
      }
      if (isMarked(marks, here) == 0) {
        place++;
        continue;
      }
      const pair = <usize>load<u16>(here);
      link = load<u32>(table + (pair << 2));
    }
    if (linkMatches(window, place, length, link, cursor, output + ((<usize>count) << 3))) count++;
    link = load<u32>(link);
    if (link == 0) place++;
    if (count == capacity || load<u32>(cursor, SEEK_STEPS) >= most) break;
  }
  store<u32>(cursor, <u32>place, SEEK_AT);
  store<u32>(cursor, <u32>link, SEEK_LINK);
  return count;
}

/** 1 if there is a chain for the two bytes at a place, else 0. */
@inline
function isMarked(marks: usize, place: usize): u32 {
  return load<u8>(marks + <usize>load<u16>(place));
}

/** Whether the pattern of a link matches where its key ends, or its anchor begins, at `place`; then the match is written. */
@inline
function linkMatches(window: usize, place: usize, length: u32, link: usize, cursor: usize, match: usize): bool {
  const entry: usize = load<u32>(link, 4);
  const before: usize = load<u32>(entry, ENTRY_BEFORE);
  if (before > place || !matchesAt(window, place - before, length, entry, cursor)) return false;
  store<u32>(match, <u32>(place - before));
  store<u32>(match, load<u32>(entry, ENTRY_PATTERN), 4);
  return true;
}
