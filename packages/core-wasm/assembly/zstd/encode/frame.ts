/**
 * Zstandard encoder (RFC 8878): one frame with its content size, without dictionary and checksum.
 *
 * Reads [source, source + length), writes the first zstdEncodeBound(length) bytes of the destination at most, remembers in its
 * workspace. Content that is no longer than the level's window makes a single segment; longer content is for a window of that size.
 */
import { BLOCK_HEADER_BYTES } from "../block-header";
import { MAGIC, MAGIC_BYTES, SINGLE_SEGMENT } from "../frame-header";
import { MAXIMUM_BLOCK } from "../workspace";
import { writeBlocks, writeStored } from "./block";
import { Level, longTableLog, shortTableLog, windowSizeOf } from "./level";
import { setUpSequenceCodes } from "./sequence-codes";
import { FrameEncoder, HASH_TABLES_OFFSET } from "./workspace";

/** Magic, descriptor, window, and a content size of 4 bytes. */
const LONGEST_HEADER: u32 = 10;
/** The content size has this many bytes... */
const SIZE_CODE_SHIFT: u32 = 6;
/** ...or two, which count from here on. */
const TWO_BYTE_SIZE: u32 = 256;
const FOUR_BYTE_SIZE: u32 = TWO_BYTE_SIZE + 65536;
const LEAST_WINDOW_LOG: u32 = 10;

/** The most bytes that the frame of `length` bytes takes. */
export function zstdEncodeBound(length: u32): u32 {
  const blocks = length === 0 ? 1 : (length - 1) / MAXIMUM_BLOCK + 1;
  return LONGEST_HEADER + length + blocks * <u32>BLOCK_HEADER_BYTES;
}

export function zstdEncodeWorkspaceSize(length: u32, level: Level): u32 {
  return <u32>HASH_TABLES_OFFSET + tablesBytes(level, length);
}

function tablesBytes(level: Level, length: u32): u32 {
  const longLog = longTableLog(level, length);
  return ((<u32>4) << shortTableLog(level, length)) + (longLog === 0 ? 0 : (<u32>4) << longLog);
}

/** Returns the length of the frame. */
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
