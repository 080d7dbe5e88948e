/**
 * Workspace of the LZ4 decoders: everything that they keep besides the output, from call to call.
 *
 * Layout:
 *
 *   offset     content
 *        0     Workspace: report, output area, the sequence that a piece ended in, state of the frame
 *      256     state of the content checksum
 *      320     state of other checksums
 */
import { OutputArea } from "../codec/output-area";
import { Xxhash32 } from "../codec/xxhash";

const CONTENT_CHECKSUM_OFFSET: usize = 256;
const CHECKSUM_OFFSET: usize = 320;
const SIZE: u32 = 384;

/** The part of a sequence that comes next. */
export const enum Phase {
  Token,
  /** `left` literals, then the match. */
  Literals,
  MatchHead,
  /** `left` bytes at distance `offset`. */
  Match,
}

@unmanaged
export class Workspace extends OutputArea {
  source: usize;
  /** The next byte of the source. */
  at: usize;
  sourceEnd: usize;

  /** Inside a block: the next part, and the state of the current sequence. */
  phase: Phase;
  sequence: usize;
  matchNibble: u32;
  left: u32;
  offset: u32;

  /** Of a frame. `contentSize` is only valid with Flag.ContentSize. */
  contentSize: u64;
  flags: u32;
  blockMaximum: u32;
  allowedAtBegin: u32;
  insideBlock: bool;
  /** Of the frame's current block: the end of its data, its bytes in the output so far, and the most it may have. */
  blockEnd: usize;
  blockProduced: u32;
  blockAllowed: u32;
  blockIsStored: bool;

  has(flag: u32): bool {
    return (this.flags & flag) !== 0;
  }

  get contentChecksum(): Xxhash32 {
    return changetype<Xxhash32>(changetype<usize>(this) + CONTENT_CHECKSUM_OFFSET);
  }

  get checksum(): Xxhash32 {
    return changetype<Xxhash32>(changetype<usize>(this) + CHECKSUM_OFFSET);
  }

  begin(source: usize, length: u32): void {
    this.source = source;
    this.at = source;
    this.sourceEnd = source + length;
    this.phase = Phase.Token;
    this.insideBlock = false;
  }
}

/** Bytes of the workspace of either LZ4 decoder. */
export function lz4WorkspaceSize(): u32 {
  return SIZE;
}
