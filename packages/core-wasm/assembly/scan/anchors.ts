/**
 * Search for many patterns that have no keys (assembly/scan/gram-table.ts): by anchors, one byte or two. Each pair of bytes has a chain of links to the patterns
 * that it may be the anchor of.
 *
 * Layout of the table, for PAIRS pairs:
 *   u32 x PAIRS       address of the first link of the chain (LINK_*, src/layout.ts), 0 if it has none
 *   u8 x PAIRS        1 if the pair has a chain, else 0
 * Invariants: up to 4 bytes behind the window are read, and decide nothing: of an anchor of one byte, any other one may follow. The cursor (SEEK_*) is read and written.
 */
import { LINK_NEXT, SEEK_AT, SEEK_LINK, SEEK_STEPS } from "../../src/layout";
import { PAIRS } from "./anchor-table";
import { linkMatches } from "./verify";

/**
 * Writes matches that lie whole in the first `length` bytes of the window, at most `capacity`, as u32 offset, u32 index of the pattern, not in the order of
 * their offsets. Returns their number. It pauses, too, when comparisons have taken `most` steps; the caller calls again until the cursor is at `length`. The
 * place of the cursor is that of the first byte of an anchor, at first 0.
 */
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
    link = load<u32>(link, LINK_NEXT);
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
