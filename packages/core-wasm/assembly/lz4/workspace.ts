/**
 * Everything an LZ4 decoder remembers besides its output, from call to call.
 *
 *   offset     content
 *        0     Workspace: report, output area, the sequence that a piece ended in, state of the frame
 *      256     state of the content checksum
 *      320     state of other checksums
 */
import { OutputArea } from "../codec/output-area";
import { Xxhash32 } from "./xxhash32";

const CONTENT_CHECKSUM_OFFSET: usize = 256;
const CHECKSUM_OFFSET: usize = 320;
const SIZE: u32 = 384;

/** How far back a match may lie. */
export const REACH: u32 = 65_535;

/** What comes next of a sequence. */
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

  /** Where decoding goes on inside a block, and the sequence it is in. */
  phase: Phase;
  sequence: usize;
  matchNibble: u32;
  left: u32;
  offset: u32;

  /** Frames only. `contentSize` only with Flag.ContentSize. */
  contentSize: u64;
  flags: u32;
  blockMaximum: u32;
  allowedAtBegin: u32;
  insideBlock: bool;
  /** Of the current block: where its data ends, and its bytes in the output so far and at most. */
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
