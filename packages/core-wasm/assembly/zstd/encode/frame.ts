/**
 * Zstandard encoder: one frame with its content size, without dictionary and checksum. Content no longer than the window of the level is a
 * single segment; a frame of longer content needs a window of that size.
 *
 * Layout: workspace.ts.
 * Invariants: reads stay in [source, source + length) and the workspace, writes in the first zstdEncodeBound(length) bytes of the destination
 * and the workspace.
 * Source: RFC 8878, section 3.1.1.1.
 */
import { BLOCK_HEADER_BYTES, MAGIC, MAGIC_BYTES, SINGLE_SEGMENT } from "../headers";
import { MAXIMUM_BLOCK } from "../workspace";
import { writeBlocks, writeStored } from "./block";
import { Level, longTableLog, shortTableLog, windowSizeOf } from "./level";
import { setUpSequenceCodes } from "./sequence-codes";
import { FrameEncoder, HASH_TABLES_OFFSET } from "./workspace";

/** Bytes of magic, descriptor, window, and a content size of 4 bytes. */
const LONGEST_HEADER: u32 = 10;
/** Bit of the descriptor where the code of the content size's length begins. */
const SIZE_CODE_SHIFT: u32 = 6;
/** The least content size that has two bytes, which hold the size less this number. */
const TWO_BYTE_SIZE: u32 = 256;
/** The least content size that has four bytes. */
const FOUR_BYTE_SIZE: u32 = TWO_BYTE_SIZE + 65536;
const LEAST_WINDOW_LOG: u32 = 10;

/** The most bytes that the frame for `length` bytes of content takes. */
export function zstdEncodeBound(length: u32): u32 {
  const blocks = length === 0 ? 1 : (length - 1) / MAXIMUM_BLOCK + 1;
  return LONGEST_HEADER + length + blocks * <u32>BLOCK_HEADER_BYTES;
}

/** Bytes of the workspace for `length` bytes of content. */
export function zstdEncodeWorkspaceSize(length: u32, level: Level): u32 {
  return <u32>HASH_TABLES_OFFSET + tablesBytes(level, length);
}

function tablesBytes(level: Level, length: u32): u32 {
  const longLog = longTableLog(level, length);
  return ((<u32>4) << shortTableLog(level, length)) + (longLog === 0 ? 0 : (<u32>4) << longLog);
}

/** Writes the frame. Returns its length. */
export function zstdEncode(source: usize, length: u32, destination: usize, level: Level, workspace: usize): u32 {
  const encoder = changetype<FrameEncoder>(workspace);
  let output = writeHeader(destination, length, windowSizeOf(level));
  if (length === 0) return <u32>(writeStored(source, 0, true, output) - destination);
  beginFrame(encoder, source, length, level);
  const end = source + length;
  for (let from = source; from < end; ) {
    const blockLength = min<u32>(<u32>(end - from), MAXIMUM_BLOCK);
    output = writeBlocks(encoder, level, from, blockLength, from + blockLength === end, output);
    from += blockLength;
  }
  return <u32>(output - destination);
}

function beginFrame(encoder: FrameEncoder, source: usize, length: u32, level: Level): void {
  encoder.content = source;
  encoder.windowSize = windowSizeOf(level);
  encoder.shortTableLog = shortTableLog(level, length);
  encoder.longTableLog = longTableLog(level, length);
  encoder.offset1 = 1;
  encoder.offset2 = 4;
  setUpSequenceCodes(encoder);
  memory.fill(encoder.at(HASH_TABLES_OFFSET), 0, tablesBytes(level, length));
}

function writeHeader(output: usize, length: u32, windowSize: u32): usize {
  store<u32>(output, MAGIC);
  const descriptor = output + MAGIC_BYTES;
  output = descriptor + 1;
  let flags: u32 = 0;
  if (length <= windowSize) flags = SINGLE_SEGMENT;
  else store<u8>(output++, <u8>((31 - clz<u32>(windowSize) - LEAST_WINDOW_LOG) << 3));

  if (length < TWO_BYTE_SIZE) {
    store<u8>(output, <u8>length);
    output += 1;
  } else if (length < FOUR_BYTE_SIZE) {
    flags |= 1 << SIZE_CODE_SHIFT;
    store<u16>(output, <u16>(length - TWO_BYTE_SIZE));
    output += 2;
  } else {
    flags |= 2 << SIZE_CODE_SHIFT;
    store<u32>(output, length);
    output += 4;
  }
  store<u8>(descriptor, <u8>flags);
  return output;
}
