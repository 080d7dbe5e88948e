/**
 * What a search hands on: sequences, each of some literals and a match, as one u64, and the literals of all of them in one row.
 *
 *   bits  0-17   number of literals
 *   bits 18-35   length of the match, less 3
 *   bits 36-63   offset value (RFC 8878, section 3.1.1.5): 1 repeats the last offset, or the one before it if there are no
 *                literals; from 4 on it is the offset plus 3
 */
import { copyLiterals } from "../../codec/match-search";
import { FrameEncoder, LITERALS_OFFSET, SEQUENCES_OFFSET } from "./workspace";

export const MINIMUM_MATCH: usize = 4;
/** Searches stay this far from a block's end, so that words and vectors can be read. */
export const SEARCH_MARGIN: usize = 16;
export const REPEATED_OFFSET: usize = 1;
export const OFFSET_VALUE_BASE: usize = 3;

const MATCH_LENGTH_SHIFT: u64 = 18;
const OFFSET_VALUE_SHIFT: u64 = 36;
const LENGTH_MASK: u32 = 0x3ffff;
/** What match lengths are stored less. */
export const MINIMUM_MATCH_LENGTH: u32 = 3;

/** Adds a sequence whose literals begin at `anchor`. */
@inline
export function storeSequence(
  sequence: usize,
  literals: usize,
  anchor: usize,
  literalsLength: usize,
  offsetValue: usize,
  matchLength: usize,
): void {
  copyLiterals(literals, anchor, literalsLength);
  store<u64>(
    sequence,
    (<u64>literalsLength) |
      ((<u64>(matchLength - MINIMUM_MATCH_LENGTH)) << MATCH_LENGTH_SHIFT) |
      ((<u64>offsetValue) << OFFSET_VALUE_SHIFT),
  );
}

/** Ends a search: the content from `anchor` on is literals without a match. `literals` and `sequence` are the ends of both rows. */
export function finishSearch(encoder: FrameEncoder, sequence: usize, literals: usize, anchor: usize, end: usize): void {
  const rest = end - anchor;
  memory.copy(literals, anchor, rest);
  encoder.literalsLength = <u32>(literals + rest - encoder.at(LITERALS_OFFSET));
  encoder.sequenceCount = <u32>(sequence - encoder.at(SEQUENCES_OFFSET)) >> 3;
}

@inline
export function literalsLengthOf(sequence: u64): u32 {
  return <u32>sequence & LENGTH_MASK;
}

/** The length of the match, less 3. */
@inline
export function matchLengthOf(sequence: u64): u32 {
  return <u32>(sequence >> MATCH_LENGTH_SHIFT) & LENGTH_MASK;
}

@inline
export function offsetValueOf(sequence: u64): u32 {
  return <u32>(sequence >> OFFSET_VALUE_SHIFT);
}
