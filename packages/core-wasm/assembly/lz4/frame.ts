/**
 * LZ4 frame decoder: one frame without dictionary; further frames are refused, since a payload is one frame.
 *
 * Every checksum that the frame carries is verified. The output is contiguous, so linked blocks find their history in it.
 * Invariants: reads stay in [source, source + length), writes in [destination, destination + limit).
 * Source: LZ4 frame format description 1.6.
 */
import { Status } from "../codec/report";
import { acceptPadding } from "../codec/trailing-zeros";
import { BlockEnd, decodeSequences } from "./block";
import { Flag, FrameWorkspace, readFrameHeader } from "./frame-header";
import { xxhash32 } from "./xxhash32";

/** A block's size field: this bit marks stored bytes, and zero ends the frame. */
const STORED: u32 = 0x80000000;
const END_MARK: u32 = 0;
const CHECKSUM_BYTES: u32 = 4;
/** n bytes of a compressed block yield at most RATIO * n. */
const RATIO: u64 = 255;

/**
 * Walks the blocks without decoding them. `produced` becomes the most that the frame can yield: its content size if it has one,
 * otherwise a sum over the blocks.
 */
export function lz4MeasureFrame(source: usize, length: u32, workspace: usize): u32 {
  const frame = begin(workspace);
  const end = source + length;
  let at = readFrameHeader(frame, source, end);
  if (at === 0) return frame.finish(source);
  let bound: u64 = 0;
  while (true) {
    const block = readBlockSize(frame, at, end);
    if (block === 0) return frame.finish(source);
    const field = load<u32>(at);
    at = block;
    if (field === END_MARK) break;
    const size = field & ~STORED;
    const stored = (field & STORED) !== 0;
    bound += stored ? <u64>size : min<u64>(RATIO * size, frame.blockMaximum);
    at += size;
    if (frame.has(Flag.BlockChecksum)) at += CHECKSUM_BYTES;
  }
  if (frame.has(Flag.ContentSize)) {
    if (frame.contentSize > bound) frame.fail(Status.SizeMismatch, source);
    bound = min<u64>(bound, frame.contentSize);
  }
  if (frame.status === Status.Decoded) frame.stoppedAt = at;
  frame.produced = <u32>min<u64>(bound, u32.MAX_VALUE);
  return frame.finish(source);
}

/** Decodes one frame of exactly (`exact` 1) or at most (0) `limit` bytes, which up to 7 zero bytes may follow. */
export function lz4DecodeFrame(source: usize, length: u32, destination: usize, limit: u32, exact: u32, workspace: usize): u32 {
  const frame = begin(workspace);
  const end = source + length;
  const at = decodeFrame(frame, source, end, destination, limit);
  if (at !== 0) {
    if (exact !== 0 && frame.produced !== limit) frame.fail(Status.SizeMismatch, at);
    else acceptPadding(frame, at, end);
  }
  return frame.finish(source);
}

function begin(workspace: usize): FrameWorkspace {
  const frame = changetype<FrameWorkspace>(workspace);
  frame.status = Status.Decoded;
  frame.produced = 0;
  frame.trailingZeros = 0;
  return frame;
}

function decodeFrame(frame: FrameWorkspace, source: usize, end: usize, destination: usize, limit: u32): usize {
  let at = readFrameHeader(frame, source, end);
  if (at === 0) return 0;
  if (frame.has(Flag.ContentSize) && frame.contentSize > limit) return frame.fail(Status.Exceeds, source);

  while (true) {
    const block = readBlockSize(frame, at, end);
    if (block === 0) return 0;
    const field = load<u32>(at);
    at = block;
    if (field === END_MARK) break;
    at = decodeBlock(frame, at, field, destination, limit);
    if (at === 0) return 0;
  }

  if (frame.has(Flag.ContentChecksum)) {
    if (end - at < CHECKSUM_BYTES) return frame.fail(Status.Truncated, end);
    if (load<u32>(at) !== xxhash32(destination, frame.produced)) return frame.fail(Status.Checksum, at);
    at += CHECKSUM_BYTES;
  }
  if (frame.has(Flag.ContentSize) && frame.contentSize !== <u64>frame.produced) return frame.fail(Status.SizeMismatch, at);
  return at;
}

/** Checks that the block whose size field lies at `at` is whole, its checksum included. Returns where its bytes begin. */
function readBlockSize(frame: FrameWorkspace, at: usize, end: usize): usize {
  if (end - at < 4) return frame.fail(Status.Truncated, end);
  const field = load<u32>(at);
  const size = field & ~STORED;
  if (size > frame.blockMaximum) return frame.fail(Status.Malformed, at);
  const checksum: u32 = field !== END_MARK && frame.has(Flag.BlockChecksum) ? CHECKSUM_BYTES : 0;
  if (end - at - 4 < size + checksum) return frame.fail(Status.Truncated, end);
  return at + 4;
}

/** Appends the block of size field `field` at `at` to the output. Returns where the next block begins. */
function decodeBlock(frame: FrameWorkspace, at: usize, field: u32, destination: usize, limit: u32): usize {
  const size = field & ~STORED;
  const blockEnd = at + size;
  let next = blockEnd;
  if (frame.has(Flag.BlockChecksum)) {
    if (load<u32>(blockEnd) !== xxhash32(at, size)) return frame.fail(Status.Checksum, blockEnd);
    next += CHECKSUM_BYTES;
  }
  const output = destination + frame.produced;
  const room = limit - frame.produced;
  if ((field & STORED) !== 0) {
    if (size > room) return frame.fail(Status.Exceeds, at);
    memory.copy(output, at, size);
    frame.produced += size;
    return next;
  }
  const blockRoom = min<u32>(room, frame.blockMaximum);
  const history = frame.has(Flag.IndependentBlocks) ? output : destination;
  const outputEnd = decodeSequences(frame, at, blockEnd, history, output, output + blockRoom, BlockEnd.AtSourceEnd);
  if (outputEnd === 0) {
    // The block is whole, so nothing but the end of the output can be missing to it.
    const exceeds = frame.status === Status.Exceeds && room < frame.blockMaximum;
    return exceeds ? 0 : frame.fail(Status.Malformed, frame.stoppedAt);
  }
  frame.produced += <u32>(outputEnd - output);
  return next;
}
