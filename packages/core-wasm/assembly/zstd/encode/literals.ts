/** The literals section of a compressed block (RFC 8878, section 3.1.1.3.1): stored, repeated or Huffman-coded, whichever is shortest. */
import { LiteralsKind } from "../literals";
import { assignCodes, describeCodes } from "./huffman-codes";
import { chooseCodeLengths } from "./huffman-lengths";
import { writeStream } from "./huffman-stream";
import { Segment } from "./segment";
import {
  CODE_LENGTHS_OFFSET,
  FrameEncoder,
  HUFFMAN_CODES_OFFSET,
  STORED_TABLE_OFFSET,
} from "./workspace";

/** Fewer literals are not worth a table. */
const LEAST_CODED: u32 = 48;
/** From here on literals are coded as four streams. */
const FOUR_STREAMS: u32 = 256;
const JUMP_TABLE_BYTES: usize = 6;
/** Bytes that writing whole words may touch behind a stream. */
const WORD_BYTES: usize = 8;
const CODED_HEADER_BYTES: usize = 5;

/** Writes the section. Returns the address after it, 0 if it does not fit before `limit`. */
export function writeLiterals(encoder: FrameEncoder, segment: Segment, output: usize, limit: usize): usize {
  const length = segment.literalsLength;
  if (length >= LEAST_CODED) {
    const most = largestCount(segment);
    if (most === length) return writePlain(segment, LiteralsKind.Repeated, 1, output, limit);
    // As many of each literal as of every other, nearly: no code helps.
    if (most > (length >> 7) + 4) {
      const end = writeCoded(encoder, segment, output, limit);
      if (end !== 0) return end;
    }
  }
  return writePlain(segment, LiteralsKind.Stored, length, output, limit);
}

function largestCount(segment: Segment): u32 {
  const counts = segment.literalCounts;
  let most: u32 = 0;
  for (let slot = counts; slot < counts + 1024; slot += 4) most = max<u32>(most, load<u32>(slot));
  return most;
}

/** Literals as they are: `contentBytes` of them, which stand for all. */
function writePlain(segment: Segment, kind: LiteralsKind, contentBytes: u32, output: usize, limit: usize): usize {
  const length = segment.literalsLength;
  const headerBytes: usize = length < 32 ? 1 : length < 4096 ? 2 : 3;
  if (limit - output < headerBytes + contentBytes) return 0;
  if (headerBytes === 1) {
    store<u8>(output, <u8>(kind | (length << 3)));
  } else if (headerBytes === 2) {
    store<u16>(output, <u16>(kind | (1 << 2) | (length << 4)));
  } else {
    store<u16>(output, <u16>(kind | (3 << 2) | (length << 4)));
    store<u8>(output, <u8>(length >> 12), 2);
  }
  memory.copy(output + headerBytes, segment.literals, contentBytes);
  return output + headerBytes + contentBytes;
}

/** Returns 0 if coding saves nothing or does not fit. */
function writeCoded(encoder: FrameEncoder, segment: Segment, output: usize, limit: usize): usize {
  const length = segment.literalsLength;
  const longest = chooseCodeLengths(encoder, segment.literalCounts);
  const descriptionBytes = describeCodes(encoder, longest);
  if (descriptionBytes === 0) return 0;
  const streams: u32 = length < FOUR_STREAMS ? 1 : 4;
  const streamBytes = (codedBits(encoder, segment) >> 3) + streams;
  const mostBytes = CODED_HEADER_BYTES + descriptionBytes + JUMP_TABLE_BYTES + streamBytes;
  if (mostBytes + (length >> 6) >= length || limit - output < mostBytes + WORD_BYTES) return 0;

  assignCodes(encoder, longest);
  const headerBytes: usize = length < 1024 ? 3 : length < 16384 ? 4 : 5;
  const content = output + headerBytes;
  memory.copy(content, encoder.at(STORED_TABLE_OFFSET), descriptionBytes);
  const end = writeStreams(encoder, segment, content + descriptionBytes, streams);
  const codedLength = <u64>(end - content);
  const sizeFormat: u64 = streams === 1 ? 0 : headerBytes - 2;
  const sizeBits: u64 = headerBytes === 3 ? 10 : headerBytes === 4 ? 14 : 18;
  const header = LiteralsKind.Compressed | (sizeFormat << 2) | ((<u64>length) << 4) | (codedLength << (4 + sizeBits));
  for (let i: usize = 0; i < headerBytes; i++) store<u8>(output + i, <u8>(header >> (<u64>i << 3)));
  return end;
}

function codedBits(encoder: FrameEncoder, segment: Segment): usize {
  const counts = segment.literalCounts;
  const lengths = encoder.at(CODE_LENGTHS_OFFSET);
  let bits: usize = 0;
  for (let literal: usize = 0; literal < 256; literal++) bits += load<u32>(counts + (literal << 2)) * <u32>load<u8>(lengths + literal);
  return bits;
}

function writeStreams(encoder: FrameEncoder, segment: Segment, output: usize, streams: u32): usize {
  const codes = encoder.at(HUFFMAN_CODES_OFFSET);
  const literals = segment.literals;
  const length = segment.literalsLength;
  if (streams === 1) return writeStream(output, literals, length, codes);
  const quarter = (length + 3) >> 2;
  const first = output + JUMP_TABLE_BYTES;
  const second = writeStream(first, literals, quarter, codes);
  const third = writeStream(second, literals + quarter, quarter, codes);
  const fourth = writeStream(third, literals + 2 * quarter, quarter, codes);
  const end = writeStream(fourth, literals + 3 * quarter, length - 3 * quarter, codes);
  store<u16>(output, <u16>(second - first));
  store<u16>(output, <u16>(third - second), 2);
  store<u16>(output, <u16>(fourth - third), 4);
  return end;
}
