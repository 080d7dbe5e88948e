/**
 * The result of a search: sequences of some literals and a match, and the literals of all sequences in one row.
 *
 * Layout of a sequence, u64:
 *
 *   bits  0-17   number of literals
 *   bits 18-35   length of the match, less MINIMUM_MATCH_LENGTH
 *   bits 36-63   offset value: 1 stands for the last offset, or for the last but one if there are no literals; a value from 4 on is the
 *                offset plus 3
 *
 * Source: RFC 8878, section 3.1.1.5.
 */
import { copyLiterals } from "../../codec/match-search";
import { FrameEncoder, LITERALS_OFFSET, SEQUENCES_OFFSET } from "./workspace";

/** Bytes of the shortest match that a search takes. */
export const MINIMUM_MATCH: usize = 4;
/** Matches begin at least this many bytes before the end of the block, so that words and vectors can be read. */
export const SEARCH_MARGIN: usize = 16;
export const REPEATED_OFFSET: usize = 1;
export const OFFSET_VALUE_BASE: usize = 3;

const MATCH_LENGTH_SHIFT: u64 = 18;
const OFFSET_VALUE_SHIFT: u64 = 36;
const LENGTH_MASK: u32 = 0x3ffff;
/** The least match length of the format, which is subtracted from lengths in a sequence. */
export const MINIMUM_MATCH_LENGTH: u32 = 3;

/** Writes a sequence to `sequence`, and its literals, which begin at `anchor`, to `literals`. */
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

/** Ends a search: the content from `anchor` on becomes literals without a match. `sequence` and `literals` are the ends of the rows. */
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

/** The length of the match, less MINIMUM_MATCH_LENGTH. */
@inline
export function matchLengthOf(sequence: u64): u32 {
  return <u32>(sequence >> MATCH_LENGTH_SHIFT) & LENGTH_MASK;
}

@inline
export function offsetValueOf(sequence: u64): u32 {
  return <u32>(sequence >> OFFSET_VALUE_SHIFT);
}
