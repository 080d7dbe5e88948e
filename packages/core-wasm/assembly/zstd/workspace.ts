/**
 * Workspace of the Zstandard decoder: everything that it keeps besides the output, between the blocks of one call and from call to call. It
 * need not be cleared before use.
 *
 * Layout:
 *
 *   offset     content
 *        0     Workspace: report, output area, frame header, state that lasts from block to block
 *      512     state of the content checksum
 *     1024     three SequenceCodes
 *     2048     normalised counts of one distribution, i16 by symbol
 *     2560     next state while a table is built, u16 by symbol
 *     3072     Huffman weights, u8 by literal
 *     3584     symbol of every cell while a table is built, u8
 *     4096     cells of the table that codes Huffman weights, u64
 *     5120     descriptions of symbols, u64: a slot for each of the three codes, and one for Huffman weights
 *     7168     predefined tables, u64 cells: a slot for each code
 *     8704     tables that blocks describe, u64 cells: a slot for each code
 *    20992     Huffman table of literals, u16 cells
 *    25088     literals of one block, with room for reading whole vectors
 */
import { OVERSHOOT } from "../codec/copy";
import { OutputArea } from "../codec/output-area";
import { Xxhash64 } from "../codec/xxhash";

export const MAXIMUM_BLOCK: u32 = 128 * 1024;

const CHECKSUM_OFFSET: usize = 512;
export const CODES_OFFSET: usize = 1024;
export const COUNTS_OFFSET: usize = 2048;
export const NEXT_STATES_OFFSET: usize = 2560;
export const WEIGHTS_OFFSET: usize = 3072;
export const CELL_SYMBOLS_OFFSET: usize = 3584;
export const WEIGHT_TABLE_OFFSET: usize = 4096;
export const DESCRIPTIONS_OFFSET: usize = 5120;
export const DESCRIPTIONS_SLOT: usize = 512;
export const PREDEFINED_OFFSET: usize = 7168;
export const PREDEFINED_SLOT: usize = 512;
export const TABLES_OFFSET: usize = 8704;
export const TABLES_SLOT: usize = 4096;
export const HUFFMAN_OFFSET: usize = 20992;
export const LITERALS_OFFSET: usize = 25088;
const SIZE: usize = LITERALS_OFFSET + MAXIMUM_BLOCK + OVERSHOOT;

@unmanaged
export class Workspace extends OutputArea {
  /** Of the whole data: the source, its next byte, whether it may have several frames, the number of frames so far. */
  source: usize;
  at: usize;
  sourceEnd: usize;
  severalFrames: bool;
  frames: u32;
  /** The largest window that is accepted. */
  windowLimit: u64;
  /** While measuring: the most bytes that the frames so far can yield. */
  bound: u64;

  /** Of the frame header. `contentSize` is only valid with `hasContentSize`. */
  contentSize: u64;
  hasContentSize: bool;
  hasChecksum: bool;
  windowSize: u32;
  /** The most bytes that a block of the frame may yield. */
  blockMaximum: u32;
  /** Whether the last block of the frame is still to come. */
  insideFrame: bool;
  /** The number of bytes of the piece after which decoding stops inside a block; u32.MAX_VALUE if only whole blocks are decoded. */
  stopAfter: u32;
  /** The number of bytes to decode of the current block's content, if it may have more; u32.MAX_VALUE for all of it. */
  contentWanted: u32;
  /** `allowed` when the frame began. */
  allowedAtFrame: u32;

  /** The last three match offsets, latest first. */
  offset1: u32;
  offset2: u32;
  offset3: u32;
  /** Bits of an index of the Huffman table; 0 as long as the frame has no table. */
  huffmanBits: u32;

  /** Literals of the current block; at least OVERSHOOT bytes can be read behind them. */
  literals: usize;
  literalsLength: u32;

  /** Of the current block: the bitstream of its sequences, the bits not yet read, the number of sequences not yet decoded. */
  stream: usize;
  bits: i64;
  sequencesLeft: u32;
  literalsState: u32;
  offsetState: u32;
  matchState: u32;
  /** The end of the output of the sequences so far, and the address that it must not pass. */
  sequencesOutput: usize;
  limit: usize;
  /** Offsets up to this one are always allowed. */
  nearby: u32;
  /** Lengths of the sequence that is decoded but not executed; its offset is `offset1`. */
  literalsRun: u32;
  matchLength: u32;

  /** Of the distribution that was read last: it has 1 << accuracyLog cells, and counts for the symbols below symbolCount. */
  accuracyLog: u32;
  symbolCount: u32;

  get checksum(): Xxhash64 {
    return changetype<Xxhash64>(this.part(CHECKSUM_OFFSET));
  }

  /** The address `offset` bytes into the workspace. */
  part(offset: usize): usize {
    return changetype<usize>(this) + offset;
  }
}

/** Bytes of the workspace of the Zstandard decoder. */
export function zstdWorkspaceSize(): u32 {
  return <u32>SIZE;
}
