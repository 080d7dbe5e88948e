/**
 * One Zstandard frame (RFC 8878, section 3.1.1): its blocks, its content size and its checksum.
 *
 * The output is contiguous and holds the whole frame, so that matches find their window in it.
 */
import { Status } from "../codec/report";
import { BlockType, checkBlock, contentBytes, isLast, sizeOf, typeOf } from "./block-header";
import { readFrameHeader } from "./frame-header";
import { readLiterals } from "./literals";
import { forgetTables } from "./sequence-codes";
import { executeSequences } from "./sequences";
import { Workspace } from "./workspace";
import { xxhash64 } from "./xxhash64";

const CHECKSUM_BYTES: u32 = 4;

/** Adds the most that the frame can yield to `bound`, without decoding it. Returns the address after the frame. */
export function measureFrame(workspace: Workspace, at: usize, end: usize): usize {
  const frame = at;
  at = readFrameHeader(workspace, at, end);
  if (at === 0) return 0;
  let bound: u64 = 0;
  let last: bool;
  do {
    const content = checkBlock(workspace, at, end);
    if (content === 0) return 0;
    last = isLast(at);
    bound += typeOf(at) === BlockType.Compressed ? workspace.blockMaximum : sizeOf(at);
    at = content + contentBytes(at);
  } while (!last);
  if (workspace.hasContentSize) {
    if (workspace.contentSize > bound) return workspace.fail(Status.SizeMismatch, frame);
    bound = workspace.contentSize;
  }
  workspace.bound += bound;
  if (!workspace.hasChecksum) return at;
  return end - at < CHECKSUM_BYTES ? workspace.fail(Status.Truncated, end) : at + CHECKSUM_BYTES;
}

/** Appends the frame to the output. Returns the address after the frame. */
export function decodeFrame(workspace: Workspace, at: usize, end: usize): usize {
  const frame = at;
  at = readFrameHeader(workspace, at, end);
  if (at === 0) return 0;
  const frameOutput = workspace.output;
  if (workspace.hasContentSize && workspace.contentSize > <u64>(workspace.outputLimit - frameOutput)) {
    return workspace.fail(Status.Exceeds, frame);
  }
  workspace.frameOutput = frameOutput;
  workspace.offset1 = 1;
  workspace.offset2 = 4;
  workspace.offset3 = 8;
  workspace.huffmanBits = 0;
  forgetTables(workspace);

  let last: bool;
  do {
    const content = checkBlock(workspace, at, end);
    if (content === 0) return 0;
    last = isLast(at);
    if (!decodeBlock(workspace, at, content)) return 0;
    at = content + contentBytes(at);
  } while (!last);

  const length = <u32>(workspace.output - frameOutput);
  if (workspace.hasContentSize && workspace.contentSize !== <u64>length) return workspace.fail(Status.SizeMismatch, at);
  if (!workspace.hasChecksum) return at;
  if (end - at < CHECKSUM_BYTES) return workspace.fail(Status.Truncated, end);
  if (load<u32>(at) !== <u32>xxhash64(frameOutput, length)) return workspace.fail(Status.Checksum, at);
  return at + CHECKSUM_BYTES;
}

/** Appends the block of the header at `header` to the output. */
function decodeBlock(workspace: Workspace, header: usize, content: usize): bool {
  const type = typeOf(header);
  const size = sizeOf(header);
  const output = workspace.output;
  const room = <u32>(workspace.outputLimit - output);
  if (type === BlockType.Compressed) return decodeCompressedBlock(workspace, content, content + size, room);
  if (size > room) {
    workspace.fail(Status.Exceeds, header);
    return false;
  }
  if (type === BlockType.Stored) memory.copy(output, content, size);
  else memory.fill(output, load<u8>(content), size);
  workspace.output = output + size;
  return true;
}

function decodeCompressedBlock(workspace: Workspace, content: usize, end: usize, room: u32): bool {
  const sequences = readLiterals(workspace, content, end);
  if (sequences === 0) return false;
  const output = workspace.output;
  const limit = output + min<u32>(room, workspace.blockMaximum);
  const outputEnd = executeSequences(workspace, sequences, end, output, limit);
  if (outputEnd === 0) {
    // A block that is larger than a block may be is malformed, whatever room the output has.
    if (workspace.status === Status.Exceeds && room >= workspace.blockMaximum) workspace.status = Status.Malformed;
    return false;
  }
  workspace.output = outputEnd;
  return true;
}
