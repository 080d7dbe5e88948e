/**
 * One Zstandard frame: its header, its blocks one by one, its content size and its checksum.
 *
 * Layout: workspace.ts. The output area keeps the bytes in the frame's window, to which matches refer.
 * Invariants: reads stay in the source and the workspace, writes in the output area and the workspace.
 * Source: RFC 8878, section 3.1.1.
 */
import { Status } from "../codec/report";
import { BlockType, checkBlock, contentBytes, isLast, readFrameHeader, sizeOf, typeOf } from "./headers";
import { readLiterals } from "./literals";
import { forgetTables } from "./sequence-codes";
import { executeSequences } from "./sequences";
import { Workspace } from "./workspace";

const CHECKSUM_BYTES: u32 = 4;

/** Adds the most bytes that the frame can yield to `bound`, without decoding it. Returns the address behind the frame. */
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
  workspace.reach = max(workspace.reach, <u32>min<u64>(bound, workspace.windowSize));
  if (!workspace.hasChecksum) return at;
  return end - at < CHECKSUM_BYTES ? workspace.fail(Status.Truncated, end) : at + CHECKSUM_BYTES;
}

/** Reads the frame header and prepares the workspace for the frame. Returns the address of its first block. */
export function beginFrame(workspace: Workspace, at: usize, end: usize): usize {
  const firstBlock = readFrameHeader(workspace, at, end);
  if (firstBlock === 0) return 0;
  if (workspace.hasContentSize && workspace.contentSize > <u64>workspace.allowed) return workspace.fail(Status.Exceeds, at);
  workspace.insideFrame = true;
  workspace.allowedAtFrame = workspace.allowed;
  workspace.history = workspace.output;
  workspace.hashedTo = workspace.output;
  workspace.checksum.begin();
  workspace.offset1 = 1;
  workspace.offset2 = 4;
  workspace.offset3 = 8;
  workspace.huffmanBits = 0;
  forgetTables(workspace);
  return firstBlock;
}

/**
 * Decodes the block at `at` and appends its bytes to the output. The output area has room for as many of them as are allowed. Returns the
 * address behind the block, or behind the frame if the block was its last.
 */
export function continueFrame(workspace: Workspace, at: usize, end: usize): usize {
  const content = checkBlock(workspace, at, end);
  if (content === 0 || !decodeBlock(workspace, at, content)) return 0;
  if (workspace.hasChecksum) workspace.hashedTo = workspace.checksum.update(workspace.hashedTo, workspace.output);
  const next = content + contentBytes(at);
  // Decoding has stopped inside the block, so that the end of the frame cannot be checked.
  if (workspace.produced === workspace.stopAfter) return next;
  return isLast(at) ? endFrame(workspace, next, end) : next;
}

function endFrame(workspace: Workspace, at: usize, end: usize): usize {
  workspace.insideFrame = false;
  const length = workspace.allowedAtFrame - workspace.allowed;
  if (workspace.hasContentSize && workspace.contentSize !== <u64>length) return workspace.fail(Status.SizeMismatch, at);
  if (!workspace.hasChecksum) return at;
  if (end - at < CHECKSUM_BYTES) return workspace.fail(Status.Truncated, end);
  const hash = workspace.checksum.digest(workspace.hashedTo, workspace.output, length);
  return load<u32>(at) === <u32>hash ? at + CHECKSUM_BYTES : workspace.fail(Status.Checksum, at);
}

/** Appends the block with the header at `header` and the content at `content` to the output. False after a failure. */
function decodeBlock(workspace: Workspace, header: usize, content: usize): bool {
  const type = typeOf(header);
  const most = min<u32>(workspace.allowed, workspace.blockMaximum);
  const wanted = workspace.stopAfter - workspace.produced;
  workspace.contentWanted = wanted < most ? wanted : u32.MAX_VALUE;
  if (type === BlockType.Compressed) return decodeCompressedBlock(workspace, content, content + sizeOf(header), min(most, wanted));
  if (sizeOf(header) > workspace.allowed) {
    workspace.fail(Status.Exceeds, header);
    return false;
  }
  const size = min<u32>(sizeOf(header), wanted);
  const output = workspace.output;
  if (type === BlockType.Stored) memory.copy(output, content, size);
  else memory.fill(output, load<u8>(content), size);
  workspace.advance(output + size);
  return true;
}

/** Appends at most `most` bytes of the compressed block [content, end) to the output. False after a failure. */
function decodeCompressedBlock(workspace: Workspace, content: usize, end: usize, most: u32): bool {
  const sequences = readLiterals(workspace, content, end);
  if (sequences === 0) return false;
  const output = workspace.output;
  const allowed = workspace.allowed;
  const outputEnd = executeSequences(workspace, sequences, end, output, output + most);
  if (outputEnd === 0) {
    // A block with more bytes than blocks may have is malformed, even if the output may take them.
    if (workspace.status === Status.Exceeds && allowed >= workspace.blockMaximum) workspace.status = Status.Malformed;
    return false;
  }
  workspace.advance(outputEnd);
  return true;
}
