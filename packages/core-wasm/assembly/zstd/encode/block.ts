/**
 * Writes up to MAXIMUM_BLOCK bytes of content as blocks: as one repeated block if all bytes are equal, as compressed blocks if that saves
 * enough, as one stored block otherwise. There are as many compressed blocks as it pays to give tables of their own.
 *
 * Layout: workspace.ts.
 * Invariant: writes at most one block header and as many bytes as the content has.
 * Source: RFC 8878, section 3.1.1.2.
 */
import { matchEnd } from "../../codec/match-search";
import { store24 } from "../bits";
import { BLOCK_HEADER_BYTES, BlockType } from "../headers";
import { joinSegments } from "./joining";
import { Level } from "./level";
import { writeLiterals } from "./literals";
import { searchDefault } from "./search-default";
import { searchFast } from "./search-fast";
import { Segment, segmentAt } from "./segment";
import { cutIntoSegments } from "./segmentation";
import { writeSequences } from "./sequences";
import { FrameEncoder } from "./workspace";

/** A saving of less than length >> LEAST_SAVING_SHIFT bytes is not worth the time to decompress. */
const LEAST_SAVING_SHIFT: u32 = 6;

/** Writes the content [from, from + length), which is not empty. Returns the end of the output. */
export function writeBlocks(encoder: FrameEncoder, level: Level, from: usize, length: u32, isLast: bool, output: usize): usize {
  const end = from + length;
  if (matchEnd(from + 1, from, end) === end) {
    writeHeader(output, BlockType.Repeated, length, isLast);
    store<u8>(output + BLOCK_HEADER_BYTES, load<u8>(from));
    return output + BLOCK_HEADER_BYTES + 1;
  }
  const offset1 = encoder.offset1;
  const offset2 = encoder.offset2;
  if (level === Level.Fast) searchFast(encoder, from, end);
  else searchDefault(encoder, from, end);
  const limit = output + BLOCK_HEADER_BYTES + length - (length >> LEAST_SAVING_SHIFT) - 1;
  const compressedEnd = writeCompressed(encoder, isLast, output, limit);
  if (compressedEnd !== 0) return compressedEnd;
  // A decoder of the stored block does not learn the offsets that were found.
  encoder.offset1 = offset1;
  encoder.offset2 = offset2;
  return writeStored(from, length, isLast, output);
}

/** Writes a stored block, the only kind that may be empty. Returns the end of the output. */
export function writeStored(from: usize, length: u32, isLast: bool, output: usize): usize {
  writeHeader(output, BlockType.Stored, length, isLast);
  memory.copy(output + BLOCK_HEADER_BYTES, from, length);
  return output + BLOCK_HEADER_BYTES + length;
}

/**
 * Writes the sequences and literals of the search as compressed blocks. Returns the end of the output, 0 if they do not fit before `limit`.
 */
function writeCompressed(encoder: FrameEncoder, isLast: bool, output: usize, limit: usize): usize {
  joinSegments(encoder, cutIntoSegments(encoder));
  let segment = segmentAt(encoder, 0);
  while (true) {
    const content = output + BLOCK_HEADER_BYTES;
    if (content > limit) return 0;
    const sequences = writeLiterals(encoder, segment, content, limit);
    if (sequences === 0) return 0;
    const end = writeSequences(encoder, segment, sequences, limit);
    if (end === 0) return 0;
    writeHeader(output, BlockType.Compressed, <u32>(end - content), isLast && segment.next === 0);
    if (segment.next === 0) return end;
    output = end;
    segment = changetype<Segment>(segment.next);
  }
}

function writeHeader(output: usize, type: BlockType, size: u32, isLast: bool): void {
  store24(output, <u32>isLast | (<u32>type << 1) | (size << 3));
}
