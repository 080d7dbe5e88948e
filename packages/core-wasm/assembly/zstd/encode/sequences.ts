/**
 * The sequences section of a compressed block: the number of sequences, the tables, and the bitstream, which is written from the last sequence
 * to the first.
 *
 * Layout: workspace.ts.
 * Invariant: nothing is written at `limit` or behind it.
 * Source: RFC 8878, section 3.1.1.3.2.
 */
import { Code } from "../sequence-codes";
import { LONG_COUNT, THREE_BYTE_COUNT, TWO_BYTE_COUNT } from "../sequences";
import { lowestBits } from "../bits";
import { firstState, nextState, stepBits, stepOf } from "./fse";
import { Segment } from "./segment";
import { chooseTable, sequenceTable } from "./sequence-codes";
import { FrameEncoder, SEQUENCE_CODES_OFFSET, SEQUENCES_OFFSET } from "./workspace";

/** The most bytes behind the output that writing one sequence changes. */
const SEQUENCE_ROOM: usize = 16;
const HEADER_ROOM: usize = 4;

/** Writes the section. Returns the address behind it, 0 if it does not fit before `limit`. */
export function writeSequences(encoder: FrameEncoder, segment: Segment, output: usize, limit: usize): usize {
  if (limit - output < HEADER_ROOM) return 0;
  const count = segment.sequenceCount;
  if (count < TWO_BYTE_COUNT) {
    store<u8>(output++, <u8>count);
  } else if (count < LONG_COUNT) {
    store<u8>(output++, <u8>((count >> 8) + TWO_BYTE_COUNT));
    store<u8>(output++, <u8>count);
  } else {
    store<u8>(output++, <u8>THREE_BYTE_COUNT);
    store<u16>(output, <u16>(count - LONG_COUNT));
    output += 2;
  }
  if (count === 0) return output;
  const modes = output++;
  output = chooseTable(encoder, segment, Code.LiteralsLength, output, limit);
  if (output === 0) return 0;
  output = chooseTable(encoder, segment, Code.Offset, output, limit);
  if (output === 0) return 0;
  output = chooseTable(encoder, segment, Code.MatchLength, output, limit);
  if (output === 0) return 0;
  store<u8>(
    modes,
    <u8>(
      ((sequenceTable(encoder, Code.LiteralsLength).mode << 6) |
        (sequenceTable(encoder, Code.Offset).mode << 4) |
        (sequenceTable(encoder, Code.MatchLength).mode << 2))
    ),
  );
  return writeBitstream(encoder, segment, output, limit);
}

function writeBitstream(encoder: FrameEncoder, segment: Segment, output: usize, limit: usize): usize {
  const literalsLengthTable = sequenceTable(encoder, Code.LiteralsLength).fseTable;
  const offsetTable = sequenceTable(encoder, Code.Offset).fseTable;
  const matchLengthTable = sequenceTable(encoder, Code.MatchLength).fseTable;
  let left = segment.sequenceCount - 1;
  let extra = encoder.at(SEQUENCES_OFFSET) + ((segment.firstSequence + left) << 3);
  let codes = encoder.at(SEQUENCE_CODES_OFFSET) + ((segment.firstSequence + left) << 2);

  const last = load<u32>(codes);
  let literalsLengthState = firstState(literalsLengthTable, last & 0xff);
  let offsetState = firstState(offsetTable, (last >> 8) & 0xff);
  let matchLengthState = firstState(matchLengthTable, (last >> 16) & 0xff);
  if (limit - output < SEQUENCE_ROOM) return 0;
  let word = load<u64>(extra);
  let bits = <u64>(last >> 24);
  while (true) {
    store<u64>(output, word);
    output += <usize>(bits >> 3);
    word >>= bits & 56;
    bits &= 7;
    if (left-- === 0) break;
    if (output + SEQUENCE_ROOM > limit) return 0;
    extra -= 8;
    codes -= 4;
    const symbols = load<u32>(codes);
    const offsetStep = stepOf(offsetTable, (symbols >> 8) & 0xff);
    const matchLengthStep = stepOf(matchLengthTable, (symbols >> 16) & 0xff);
    const literalsLengthStep = stepOf(literalsLengthTable, symbols & 0xff);
    const offsetBits = stepBits(offsetState, offsetStep);
    const matchLengthBits = stepBits(matchLengthState, matchLengthStep);
    const literalsLengthBits = stepBits(literalsLengthState, literalsLengthStep);
    word |= lowestBits(offsetState, offsetBits) << bits;
    bits += offsetBits;
    word |= lowestBits(matchLengthState, matchLengthBits) << bits;
    bits += matchLengthBits;
    word |= lowestBits(literalsLengthState, literalsLengthBits) << bits;
    bits += literalsLengthBits;
    offsetState = nextState(offsetTable, offsetState, offsetBits, offsetStep);
    matchLengthState = nextState(matchLengthTable, matchLengthState, matchLengthBits, matchLengthStep);
    literalsLengthState = nextState(literalsLengthTable, literalsLengthState, literalsLengthBits, literalsLengthStep);
    store<u64>(output, word);
    output += <usize>(bits >> 3);
    word >>= bits & 56;
    bits &= 7;
    word |= load<u64>(extra) << bits;
    bits += symbols >> 24;
  }

  const literalsLengthLog = <u64>sequenceTable(encoder, Code.LiteralsLength).log;
  const offsetLog = <u64>sequenceTable(encoder, Code.Offset).log;
  const matchLengthLog = <u64>sequenceTable(encoder, Code.MatchLength).log;
  if (limit - output < SEQUENCE_ROOM) return 0;
  word |= lowestBits(matchLengthState, matchLengthLog) << bits;
  bits += matchLengthLog;
  word |= lowestBits(offsetState, offsetLog) << bits;
  bits += offsetLog;
  word |= lowestBits(literalsLengthState, literalsLengthLog) << bits;
  bits += literalsLengthLog;
  word |= (<u64>1) << bits;
  store<u64>(output, word);
  return output + <usize>(bits >> 3) + 1;
}
