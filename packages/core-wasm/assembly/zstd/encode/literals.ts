/**
 * The literals section of a compressed block: stored, repeated or Huffman-coded, whichever is shortest. The Huffman codes are one bitstream or,
 * for more literals, four.
 *
 * Layout: workspace.ts.
 * Invariant: nothing is written at `limit` or behind it.
 * Source: RFC 8878, sections 3.1.1.3.1, 4.1 and 4.2.2.
 */
import { store24 } from "../bits";
import { JUMP_TABLE_BYTES } from "../huffman";
import { LiteralsKind } from "../literals";
import { assignCodes, CODE_SHIFT, describeCodes } from "./huffman-codes";
import { chooseCodeLengths } from "./huffman-lengths";
import { Segment } from "./segment";
import {
  CODE_LENGTHS_OFFSET,
  FrameEncoder,
  HUFFMAN_CODES_OFFSET,
  STORED_TABLE_OFFSET,
} from "./workspace";

/** With fewer literals, a table costs more than it saves. */
const LEAST_CODED: u32 = 48;
/** From this many literals on there are four streams. */
const FOUR_STREAMS: u32 = 256;
/** Bytes behind a stream that writing whole words may change. */
const WORD_BYTES: usize = 8;
const CODED_HEADER_BYTES: usize = 5;
/** Codes that fit into a word with 7 bits that are left from the codes before. */
const CODES_PER_WORD: usize = 5;

/** Writes the section. Returns the address behind it, 0 if it does not fit before `limit`. */
export function writeLiterals(encoder: FrameEncoder, segment: Segment, output: usize, limit: usize): usize {
  const length = segment.literalsLength;
  if (length >= LEAST_CODED) {
    const most = largestCount(segment);
    if (most === length) return writePlain(segment, LiteralsKind.Repeated, 1, output, limit);
    // Where all literals occur about equally often, no code saves anything.
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

/** Writes uncoded literals: the first `contentBytes` of them, which is all of them or, repeated, one. Returns as `writeLiterals`. */
function writePlain(segment: Segment, kind: LiteralsKind, contentBytes: u32, output: usize, limit: usize): usize {
  const length = segment.literalsLength;
  const headerBytes: usize = length < 32 ? 1 : length < 4096 ? 2 : 3;
  if (limit - output < headerBytes + contentBytes) return 0;
  if (headerBytes === 1) {
    store<u8>(output, <u8>(kind | (length << 3)));
  } else if (headerBytes === 2) {
    store<u16>(output, <u16>(kind | (1 << 2) | (length << 4)));
  } else {
    store24(output, kind | (3 << 2) | (length << 4));
  }
  memory.copy(output + headerBytes, segment.literals, contentBytes);
  return output + headerBytes + contentBytes;
}

/** Writes Huffman-coded literals. Returns the address behind them, 0 if they are no shorter or do not fit. */
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

/**
 * Writes one bitstream: the codes of `length` literals, from the last literal to the first. Writes up to WORD_BYTES bytes from the end of the
 * stream on, for which the caller has room. Returns the end of the stream.
 */
function writeStream(output: usize, literals: usize, length: usize, codes: usize): usize {
  let word: u64 = 0;
  // The low byte of a code is its number of bits. Adding whole codes fills the bits above, which shifts ignore: they take 6 bits.
  let bits: u32 = 0;
  let at = literals + length;
  while (at - literals >= CODES_PER_WORD) {
    at -= CODES_PER_WORD;
    let code = codeOf(codes, load<u8>(at, 4));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits += code;
    code = codeOf(codes, load<u8>(at, 3));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits += code;
    code = codeOf(codes, load<u8>(at, 2));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits += code;
    code = codeOf(codes, load<u8>(at, 1));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits += code;
    code = codeOf(codes, load<u8>(at));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits = (bits + code) & 0xff;
    store<u64>(output, word);
    output += bits >> 3;
    word >>= <u64>(bits & 56);
    bits &= 7;
  }
  while (at > literals) {
    at--;
    const code = codeOf(codes, load<u8>(at));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits = (bits + code) & 0xff;
  }
  // The end mark. It and at most 4 codes follow the 7 bits that were left.
  word |= (<u64>1) << (<u64>bits);
  store<u64>(output, word);
  return output + (bits >> 3) + 1;
}

@inline
function codeOf(codes: usize, literal: usize): u32 {
  return load<u32>(codes + (literal << 2));
}
