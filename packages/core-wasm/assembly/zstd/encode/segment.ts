/**
 * A segment: consecutive sequences of a search and their literals, which may become a block of their own, with the number of times that each
 * literal and each code occurs.
 *
 * Layout: the fields of `Segment`, then u32 counts of the 256 literals, and of the codes of literals lengths, offsets and match lengths.
 */
import { Code } from "../sequence-codes";
import { FrameEncoder, SEGMENTS_OFFSET } from "./workspace";

const COUNTS_OFFSET: usize = 64;
const LITERAL_COUNTS_BYTES: usize = 1024;
/** Counts of one code: no code has more symbols. */
export const CODES: u32 = 64;
const CODE_COUNTS_BYTES: usize = 4 * CODES;
export const COUNTS_BYTES: usize = LITERAL_COUNTS_BYTES + 3 * CODE_COUNTS_BYTES;
const SEGMENT_BYTES: usize = COUNTS_OFFSET + COUNTS_BYTES;

@unmanaged
export class Segment {
  /** Index of the first sequence, and number of sequences. */
  firstSequence: u32;
  sequenceCount: u32;
  /** Address of the first literal. */
  literals: usize;
  literalsLength: u32;

  /** While segments are joined: bits of the segment as a block, bits saved by joining it to the next segment, and the next segment. */
  cost: f32;
  saving: f32;
  next: usize;

  get counts(): usize {
    return changetype<usize>(this) + COUNTS_OFFSET;
  }

  /** By literal. */
  get literalCounts(): usize {
    return this.counts;
  }

  codeCounts(code: Code): usize {
    return this.counts + LITERAL_COUNTS_BYTES + <usize>code * CODE_COUNTS_BYTES;
  }
}

@inline
export function segmentAt(encoder: FrameEncoder, index: u32): Segment {
  return changetype<Segment>(encoder.at(SEGMENTS_OFFSET) + <usize>index * SEGMENT_BYTES);
}

@inline
export function increment(counts: usize, symbol: u32): void {
  const slot = counts + (<usize>symbol << 2);
  store<u32>(slot, load<u32>(slot) + 1);
}
