/**
 * The sequences section of a compressed block (RFC 8878, sections 3.1.1.3.2 and 3.1.1.4): decodes each sequence and carries it
 * out, appending literals and a match to the output.
 *
 * Invariants: writes stay in [output, limit); literals are taken from the workspace's, matches from the frame's output and not
 * from further back than its window; the bitstream must end with its last sequence, to the bit.
 */
import { copyMatchAtEnd, copyMatchWide, copyWide, OVERSHOOT, SHORT_COPY } from "../codec/copy";
import { Status } from "../codec/report";
import { countBits, highest, windowAt, WINDOW_BITS } from "./bit-reader";
import { baseOf, extraBitsOf, nextStateOf, stateBitsOf } from "./fse";
import { Code, selectTable, sequenceCode } from "./sequence-codes";
import { Workspace } from "./workspace";

/** First bytes from here on are followed by one more byte of the number of sequences. */
export const TWO_BYTE_COUNT: u32 = 128;
/** This one is followed by two, which count from LONG_COUNT on. */
export const THREE_BYTE_COUNT: u32 = 255;
export const LONG_COUNT: u32 = 0x7f00;

/** Decodes the section [at, end) to `output`. Returns the end of the output. */
export function executeSequences(workspace: Workspace, at: usize, end: usize, output: usize, limit: usize): usize {
  if (at >= end) return workspace.fail(Status.Malformed, at);
  let count = <u32>load<u8>(at++);
  if (count === THREE_BYTE_COUNT) {
    if (end - at < 2) return workspace.fail(Status.Malformed, at);
    count = <u32>load<u16>(at) + LONG_COUNT;
    at += 2;
  } else if (count >= TWO_BYTE_COUNT) {
    if (at >= end) return workspace.fail(Status.Malformed, at);
    count = ((count - TWO_BYTE_COUNT) << 8) + load<u8>(at++);
  }
  if (count === 0) {
    if (at !== end) return workspace.fail(Status.Malformed, at);
  } else {
    const stream = readTables(workspace, at, end);
    if (stream === 0) return 0;
    output = executeStream(workspace, stream, end, count, output, limit);
    if (output === 0) return 0;
  }
  const rest = workspace.literalsLength;
  if (rest > <u32>(limit - output)) return workspace.fail(Status.Exceeds, at);
  memory.copy(output, workspace.literals, rest);
  return output + rest;
}

/** Reads the modes byte and the tables it announces. Returns where the bitstream begins. */
function readTables(workspace: Workspace, at: usize, end: usize): usize {
  if (at >= end) return workspace.fail(Status.Malformed, at);
  const modes = <u32>load<u8>(at);
  if ((modes & 3) !== 0) return workspace.fail(Status.Malformed, at);
  at = selectTable(workspace, Code.LiteralsLength, modes >> 6, at + 1, end);
  if (at === 0) return 0;
  at = selectTable(workspace, Code.Offset, (modes >> 4) & 3, at, end);
  if (at === 0) return 0;
  return selectTable(workspace, Code.MatchLength, (modes >> 2) & 3, at, end);
}

/** Carries out `count` sequences and takes the literals they use from the workspace's. Returns the end of the output. */
function executeStream(workspace: Workspace, stream: usize, end: usize, count: u32, output: usize, limit: usize): usize {
  const literalsCode = sequenceCode(workspace, Code.LiteralsLength);
  const offsetCode = sequenceCode(workspace, Code.Offset);
  const matchCode = sequenceCode(workspace, Code.MatchLength);
  const literalsCells = literalsCode.cells;
  const offsetCells = offsetCode.cells;
  const matchCells = matchCode.cells;

  // The first states: at most 9 + 8 + 9 bits.
  const stateBits = literalsCode.stateBits + offsetCode.stateBits + matchCode.stateBits;
  let bits = countBits(stream, end);
  if (bits < <i32>stateBits) return workspace.fail(Status.Malformed, stream);
  let window = windowAt(stream, bits);
  let literalsState = highest(window, literalsCode.stateBits);
  window <<= <u64>literalsCode.stateBits;
  let offsetState = highest(window, offsetCode.stateBits);
  window <<= <u64>offsetCode.stateBits;
  let matchState = highest(window, matchCode.stateBits);
  bits -= <i32>stateBits;

  const history = workspace.history;
  const windowSize = workspace.windowSize;
  let offset1 = workspace.offset1;
  let offset2 = workspace.offset2;
  let offset3 = workspace.offset3;
  let literals = workspace.literals;
  const literalsEnd = literals + workspace.literalsLength;

  while (true) {
    const literalsCell = load<u64>(literalsCells + (literalsState << 3));
    const offsetCell = load<u64>(offsetCells + (offsetState << 3));
    const matchCell = load<u64>(matchCells + (matchState << 3));
    const offsetBits = extraBitsOf(offsetCell);
    const matchBits = extraBitsOf(matchCell);
    const literalsBits = extraBitsOf(literalsCell);
    const extraBits = offsetBits + matchBits + literalsBits;

    window = windowAt(stream, bits);
    bits -= <i32>extraBits;
    if (bits < 0) return workspace.fail(Status.Malformed, stream);
    const offsetValue = baseOf(offsetCell) + highest(window, offsetBits);
    if (extraBits > WINDOW_BITS) window = windowAt(stream, bits + <i32>(matchBits + literalsBits));
    else window <<= <u64>offsetBits;
    const matchLength = baseOf(matchCell) + highest(window, matchBits);
    window <<= <u64>matchBits;
    const literalsLength = baseOf(literalsCell) + highest(window, literalsBits);

    count--;
    if (count !== 0) {
      const literalsStateBits = stateBitsOf(literalsCell);
      const matchStateBits = stateBitsOf(matchCell);
      const offsetStateBits = stateBitsOf(offsetCell);
      window = windowAt(stream, bits);
      bits -= <i32>(literalsStateBits + matchStateBits + offsetStateBits);
      if (bits < 0) return workspace.fail(Status.Malformed, stream);
      literalsState = nextStateOf(literalsCell) + highest(window, literalsStateBits);
      window <<= <u64>literalsStateBits;
      matchState = nextStateOf(matchCell) + highest(window, matchStateBits);
      window <<= <u64>matchStateBits;
      offsetState = nextStateOf(offsetCell) + highest(window, offsetStateBits);
    }

    // Values up to 3 name one of the last three offsets, shifted by one when no literals come before the match.
    let offset: u32;
    if (offsetValue > 3) {
      offset = offsetValue - 3;
      offset3 = offset2;
      offset2 = offset1;
      offset1 = offset;
    } else {
      const choice = offsetValue + (literalsLength === 0 ? 1 : 0);
      if (choice === 1) {
        offset = offset1;
      } else {
        if (choice === 2) {
          offset = offset2;
        } else {
          offset = choice === 3 ? offset3 : offset1 - 1;
          offset3 = offset2;
        }
        offset2 = offset1;
        offset1 = offset;
      }
    }

    const room = <u32>(limit - output);
    const length = literalsLength + matchLength;
    if (literalsLength > <u32>(literalsEnd - literals)) return workspace.fail(Status.Malformed, stream);
    if (length > room) return workspace.fail(Status.Exceeds, stream);
    const isWide = room - length >= <u32>OVERSHOOT;
    if (isWide && literalsLength < <u32>SHORT_COPY) copyWide(output, literals, literalsLength);
    else memory.copy(output, literals, literalsLength);
    output += literalsLength;
    literals += literalsLength;
    if (offset - 1 >= windowSize || <usize>offset > output - history) return workspace.fail(Status.Malformed, stream);
    if (isWide) copyMatchWide(output, offset, matchLength);
    else copyMatchAtEnd(output, offset, matchLength);
    output += matchLength;
    if (count === 0) break;
  }
  if (bits !== 0) return workspace.fail(Status.Malformed, stream);

  workspace.offset1 = offset1;
  workspace.offset2 = offset2;
  workspace.offset3 = offset3;
  workspace.literals = literals;
  workspace.literalsLength = <u32>(literalsEnd - literals);
  return output;
}
