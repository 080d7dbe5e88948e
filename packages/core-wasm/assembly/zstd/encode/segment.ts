/**
 * Stretches of a search's outcome, each of which may become a block of its own: their sequences, their literals, and how often
 * each literal and each code occurs in them.
 *
 * A segment is followed by its u32 counts: of 256 literals, then of the codes of literals lengths, offsets and match lengths.
 */
import { Code } from "../sequence-codes";
import { FrameEncoder, SEGMENTS_OFFSET } from "./workspace";

const COUNTS_OFFSET: usize = 64;
const LITERAL_COUNTS_BYTES: usize = 1024;
/** For each code. */
export const CODES: u32 = 64;
const CODE_COUNTS_BYTES: usize = 4 * CODES;
export const COUNTS_BYTES: usize = LITERAL_COUNTS_BYTES + 3 * CODE_COUNTS_BYTES;
export const SEGMENT_BYTES: usize = COUNTS_OFFSET + COUNTS_BYTES;

@unmanaged
export class Segment {
  /** Indices among the sequences of the search. */
  firstSequence: u32;
  sequenceCount: u32;
  /** Address of the first literal. */
  literals: usize;
  literalsLength: u32;

  /** Used while segments are joined: bits that it takes as a block, those that joining it to the next one saves, and that one. */
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
