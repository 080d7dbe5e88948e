/**
 * Cuts the result of a search into segments, finds the codes of the sequences, and counts literals and codes.
 *
 * Layout: workspace.ts. A u32 for each sequence holds four bytes: its three codes and the number of their extra bits. The extra bits replace
 * the sequence itself.
 */
import { Code } from "../sequence-codes";
import { lowestBits } from "../bits";
import { literalsLengthOf, matchLengthOf, MINIMUM_MATCH_LENGTH, offsetValueOf } from "./matches";
import { COUNTS_BYTES, increment, Segment, segmentAt } from "./segment";
import { codeOfLiteralsLength, codeOfMatchLength, extraBitsOf } from "./sequence-codes";
import {
  DESCRIPTIONS_OFFSET,
  DESCRIPTIONS_SLOT,
  FrameEncoder,
  LITERALS_LENGTH_CODES_OFFSET,
  LITERALS_OFFSET,
  MATCH_LENGTH_CODES_OFFSET,
  PARTIAL_COUNTS_OFFSET,
  SEQUENCE_CODES_OFFSET,
  SEQUENCES_OFFSET,
} from "./workspace";

/** A segment ends with the first sequence that passes a multiple of this many bytes of content: a page of memory. */
const SEGMENT_CONTENT: u32 = 4096;
const PARTIAL_COUNTS_BYTES: usize = 1024;

/** Cuts the result of the search. Returns the number of segments, at least 1. */
export function cutIntoSegments(encoder: FrameEncoder): u32 {
  const sequenceCount = encoder.sequenceCount;
  let segments: u32 = 0;
  let sequence: u32 = 0;
  let literals = encoder.at(LITERALS_OFFSET);
  const literalsEnd = literals + encoder.literalsLength;
  let content: u32 = 0;
  while (true) {
    const segment = segmentAt(encoder, segments);
    segments++;
    memory.fill(segment.counts, 0, COUNTS_BYTES);
    segment.firstSequence = sequence;
    segment.literals = literals;
    content = addSequences(encoder, segment, content);
    sequence += segment.sequenceCount;
    const isLast = sequence === sequenceCount;
    if (isLast) segment.literalsLength = <u32>(literalsEnd - literals);
    countLiterals(encoder, segment);
    if (isLast) return segments;
    literals += segment.literalsLength;
  }
}

/** Adds the sequences up to the segment's end, and their literals. Returns the bytes of content up to the segment's end. */
function addSequences(encoder: FrameEncoder, segment: Segment, content: u32): u32 {
  const literalsLengthCodes = encoder.at(LITERALS_LENGTH_CODES_OFFSET);
  const matchLengthCodes = encoder.at(MATCH_LENGTH_CODES_OFFSET);
  const literalsLengthDescriptions = encoder.at(DESCRIPTIONS_OFFSET);
  const matchLengthDescriptions = literalsLengthDescriptions + DESCRIPTIONS_SLOT;
  const literalsLengthCounts = segment.codeCounts(Code.LiteralsLength);
  const offsetCounts = segment.codeCounts(Code.Offset);
  const matchLengthCounts = segment.codeCounts(Code.MatchLength);
  const segmentEnd = (content & ~(SEGMENT_CONTENT - 1)) + SEGMENT_CONTENT;
  let literalsLength: u32 = 0;
  let codes = encoder.at(SEQUENCE_CODES_OFFSET) + (segment.firstSequence << 2);
  const begin = encoder.at(SEQUENCES_OFFSET) + (segment.firstSequence << 3);
  const end = encoder.at(SEQUENCES_OFFSET) + (encoder.sequenceCount << 3);
  let at = begin;
  while (at < end && content < segmentEnd) {
    const sequence = load<u64>(at);
    const literalsLengthValue = literalsLengthOf(sequence);
    const matchLengthValue = matchLengthOf(sequence);
    const offsetValue = offsetValueOf(sequence);
    literalsLength += literalsLengthValue;
    content += literalsLengthValue + matchLengthValue + MINIMUM_MATCH_LENGTH;
    const literalsLengthCode = codeOfLiteralsLength(literalsLengthCodes, literalsLengthValue);
    const matchLengthCode = codeOfMatchLength(matchLengthCodes, matchLengthValue);
    const offsetCode: u32 = 31 - clz<u32>(offsetValue);
    increment(literalsLengthCounts, literalsLengthCode);
    increment(offsetCounts, offsetCode);
    increment(matchLengthCounts, matchLengthCode);
    // A base value is a multiple of the number of values in its range, so that the lowest bits of a value are its extra bits.
    let bits = extraBitsOf(literalsLengthDescriptions, literalsLengthCode);
    let extra = lowestBits(literalsLengthValue, bits);
    const matchLengthBits = extraBitsOf(matchLengthDescriptions, matchLengthCode);
    extra |= lowestBits(matchLengthValue, matchLengthBits) << bits;
    bits += matchLengthBits;
    extra |= lowestBits(offsetValue, offsetCode) << bits;
    bits += offsetCode;
    store<u64>(at, extra);
    store<u32>(codes, literalsLengthCode | (offsetCode << 8) | (matchLengthCode << 16) | (<u32>bits << 24));
    at += 8;
    codes += 4;
  }
  segment.sequenceCount = <u32>(at - begin) >> 3;
  segment.literalsLength = literalsLength;
  return content;
}

/** Counts the segment's literals, every other one in a second table: increments of the same count in a row wait for each other. */
function countLiterals(encoder: FrameEncoder, segment: Segment): void {
  const counts = segment.literalCounts;
  const partial = encoder.at(PARTIAL_COUNTS_OFFSET);
  memory.fill(partial, 0, PARTIAL_COUNTS_BYTES);
  let at = segment.literals;
  const end = at + segment.literalsLength;
  for (; at + 4 <= end; at += 4) {
    const four = load<u32>(at);
    increment(counts, four & 0xff);
    increment(partial, (four >> 8) & 0xff);
    increment(counts, (four >> 16) & 0xff);
    increment(partial, four >> 24);
  }
  for (; at < end; at++) increment(counts, load<u8>(at));
  for (let slot: usize = 0; slot < PARTIAL_COUNTS_BYTES; slot += 16) {
    v128.store(counts + slot, i32x4.add(v128.load(counts + slot), v128.load(partial + slot)));
  }
}
