/**
 * The sequences section of a compressed block: decodes each sequence and executes it, which appends literals and a match to the output.
 *
 * Layout: workspace.ts.
 * Invariants: writes stay in [output, limit). Literals come from the literals in the workspace, matches from the frame's output and not from
 * further back than the window. A bitstream that does not end exactly with its last sequence is malformed.
 * Source: RFC 8878, sections 3.1.1.3.2 and 3.1.1.4.
 */
import { copyMatchAtEnd } from "../codec/copy";
import { Status } from "../codec/report";
import { countBits, highest, windowAt } from "./bits";
import { Code, selectTable, sequenceCode } from "./sequence-codes";
import { runSequences } from "./sequence-loop";
import { Workspace } from "./workspace";

/** From this value on, the first byte of the number of sequences is followed by another byte. */
export const TWO_BYTE_COUNT: u32 = 128;
/** This first byte is followed by two bytes, which hold the number less LONG_COUNT. */
export const THREE_BYTE_COUNT: u32 = 255;
export const LONG_COUNT: u32 = 0x7f00;

/**
 * Decodes the section [at, end) to `output`, up to `limit` if not all of the content is wanted. Returns the end of the output, 0 after a
 * failure.
 */
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
  let rest = workspace.literalsLength;
  if (isCutOff(workspace)) rest = min(rest, <u32>(limit - output));
  if (rest > <u32>(limit - output)) return workspace.fail(Status.Exceeds, at);
  memory.copy(output, workspace.literals, rest);
  return output + rest;
}

/** Reads the modes byte and the descriptions of the tables. Returns the address of the bitstream, 0 after a failure. */
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

/** Executes `count` sequences, and removes the literals that they use from the workspace. Returns the end of the output, 0 after a failure. */
function executeStream(workspace: Workspace, stream: usize, end: usize, count: u32, output: usize, limit: usize): usize {
  const literalsCode = sequenceCode(workspace, Code.LiteralsLength);
  const offsetCode = sequenceCode(workspace, Code.Offset);
  const matchCode = sequenceCode(workspace, Code.MatchLength);

  // The first states have at most 9 + 8 + 9 bits.
  const stateBits = literalsCode.stateBits + offsetCode.stateBits + matchCode.stateBits;
  const bits = countBits(stream, end);
  if (bits < <i64>stateBits) return workspace.fail(Status.Malformed, stream);
  let window = windowAt(stream, bits);
  workspace.literalsState = literalsCode.firstState + highest(window, literalsCode.stateBits);
  window <<= <u64>literalsCode.stateBits;
  workspace.offsetState = offsetCode.firstState + highest(window, offsetCode.stateBits);
  window <<= <u64>offsetCode.stateBits;
  workspace.matchState = matchCode.firstState + highest(window, matchCode.stateBits);

  workspace.stream = stream;
  workspace.bits = bits - <i64>stateBits;
  workspace.sequencesLeft = count;
  workspace.sequencesOutput = output;
  workspace.limit = limit;
  while (runSequences(workspace)) {
    if (!executeOne(workspace)) return 0;
    if (isCutOff(workspace) && workspace.sequencesOutput === limit) return limit;
    if (workspace.sequencesLeft === 0) break;
  }
  return workspace.bits === 0 ? workspace.sequencesOutput : workspace.fail(Status.Malformed, stream);
}

/** Executes the sequence that `runSequences` has decoded and left. False, with a failure in the report, if the data does not allow it. */
function executeOne(workspace: Workspace): bool {
  const literals = workspace.literals;
  const offset = workspace.offset1;
  let literalsLength = workspace.literalsRun;
  let matchLength = workspace.matchLength;
  let output = workspace.sequencesOutput;
  const room = <u32>(workspace.limit - output);
  if (isCutOff(workspace)) {
    literalsLength = min(literalsLength, room);
    matchLength = min(matchLength, room - literalsLength);
  }
  if (literalsLength > workspace.literalsLength) return refuse(workspace, Status.Malformed);
  if (literalsLength + matchLength > room) return refuse(workspace, Status.Exceeds);
  memory.copy(output, literals, literalsLength);
  output += literalsLength;
  if (matchLength !== 0) {
    if (!isInReach(workspace, offset, output)) return refuse(workspace, Status.Malformed);
    copyMatchAtEnd(output, offset, matchLength);
  }
  workspace.literals = literals + literalsLength;
  workspace.literalsLength -= literalsLength;
  workspace.sequencesOutput = output + matchLength;
  return true;
}

/** Whether the wanted part of the content ends at `limit`, before the end of the block. */
@inline
function isCutOff(workspace: Workspace): bool {
  return workspace.contentWanted !== u32.MAX_VALUE;
}

/** Whether a match may have this offset: whether it stays in the window and in the frame's output. */
function isInReach(workspace: Workspace, offset: u32, output: usize): bool {
  return offset - 1 < workspace.windowSize && <usize>offset <= output - workspace.history;
}

function refuse(workspace: Workspace, status: Status): bool {
  workspace.fail(status, workspace.stream);
  return false;
}
