/**
 * LZ4 frame decoder. Accepts one frame without dictionary. Refuses further frames, since a payload is one frame, and frames of other kinds
 * (legacy, skippable). Verifies every checksum that the frame carries.
 *
 * Layout: workspace.ts. Blocks that refer to earlier ones find their bytes in the output area, before the output.
 * Invariants: reads stay in [source, source + length), writes in the output area.
 * Source: LZ4 frame format description 1.6.
 */
import { LZ4_REACH } from "../../src/layout";
import { acceptPadding, Status } from "../codec/report";
import { BlockEnd, decodeSequences } from "./block";
import { Phase, Workspace } from "./workspace";

const MAGIC: u32 = 0x184d2204;
const MAGIC_BYTES: usize = 4;
const VERSION_MASK: u32 = 0xc0;
const VERSION: u32 = 0x40;
const RESERVED_FLAG: u32 = 0x02;
const DICTIONARY: u32 = 0x01;
/** The block descriptor holds the maximum block size in bits 4-6, and zeros. */
const BLOCK_MAXIMUM_SHIFT: u32 = 4;
const RESERVED_DESCRIPTOR: u32 = 0x8f;
/** Size codes 4-7 stand for 64 KiB, 256 KiB, 1 MiB and 4 MiB. */
const SMALLEST_SIZE_CODE: u32 = 4;

/** Bit of a block's size field: the block holds its bytes uncompressed. */
const STORED: u32 = 0x80000000;
/** The size field that ends the frame. */
const END_MARK: u32 = 0;
const CHECKSUM_BYTES: u32 = 4;
/** A compressed block of n bytes yields at most RATIO * n bytes. */
const RATIO: u64 = 255;

const enum Flag {
  ContentChecksum = 0x04,
  ContentSize = 0x08,
  BlockChecksum = 0x10,
  IndependentBlocks = 0x20,
}

/**
 * Walks the blocks without decoding them. `produced` becomes the most bytes that the frame can yield: its content size if it has one,
 * otherwise a sum over the blocks.
 */
export function lz4MeasureFrame(source: usize, length: u32, address: usize): u32 {
  const frame = changetype<Workspace>(address);
  frame.begin(source, length);
  frame.status = Status.Decoded;
  frame.produced = 0;
  frame.reach = LZ4_REACH;
  const end = frame.sourceEnd;
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
    at += size + checksumBytes(frame);
  }
  if (frame.has(Flag.ContentSize)) {
    if (frame.contentSize > bound) frame.fail(Status.SizeMismatch, source);
    bound = min<u64>(bound, frame.contentSize);
  }
  if (frame.status === Status.Decoded) frame.stoppedAt = at;
  frame.produced = <u32>min<u64>(bound, u32.MAX_VALUE);
  return frame.finish(source);
}

/**
 * Begins to decode one frame of exactly (`exact` 1) or at most (0) `limit` bytes, which up to 7 zero bytes may follow. The area of
 * `areaSize` bytes has room for `limit` bytes, or for the reach of a match and the pieces that will be wanted.
 */
export function lz4BeginFrame(
  source: usize,
  length: u32,
  area: usize,
  areaSize: u32,
  limit: u32,
  exact: u32,
  address: usize,
): void {
  const frame = changetype<Workspace>(address);
  frame.begin(source, length);
  frame.beginOutput(area, areaSize, limit, exact !== 0);
  frame.allowedAtBegin = limit;
  frame.contentChecksum.begin();
}

/** Appends a piece of `wanted` bytes and returns Status.Paused; or appends the rest and returns how the data ended. */
export function lz4ContinueFrame(address: usize, wanted: u32): u32 {
  const frame = changetype<Workspace>(address);
  frame.beginPiece(wanted, LZ4_REACH);
  const status = decodeBlocks(frame, wanted);
  if (frame.has(Flag.ContentChecksum)) frame.hashedTo = frame.contentChecksum.update(frame.hashedTo, frame.output);
  if (status === Status.Paused) return Status.Paused;
  if (status === Status.Decoded) {
    const end = frame.sourceEnd;
    const at = endFrame(frame, frame.at, end);
    if (at !== 0) {
      if (frame.exact && frame.allowed !== 0) frame.fail(Status.SizeMismatch, at);
      else acceptPadding(frame, at, end);
    }
  }
  return frame.finish(frame.source);
}

/** Appends up to `wanted` bytes of output. Status.Decoded behind the end mark. */
function decodeBlocks(frame: Workspace, wanted: u32): Status {
  const end = frame.sourceEnd;
  if (frame.at === frame.source) {
    frame.at = readFrameHeader(frame, frame.source, end);
    if (frame.at === 0) return frame.status;
    if (frame.has(Flag.ContentSize) && frame.contentSize > frame.allowed) {
      frame.fail(Status.Exceeds, frame.source);
      return Status.Exceeds;
    }
  }
  while (true) {
    if (!frame.insideBlock) {
      const block = readBlockSize(frame, frame.at, end);
      if (block === 0) return frame.status;
      const field = load<u32>(frame.at);
      frame.at = block;
      if (field === END_MARK) return Status.Decoded;
      if (!beginBlock(frame, field)) return frame.status;
    }
    const status = continueBlock(frame, wanted - frame.produced);
    if (status !== Status.Decoded) return status;
    frame.at = frame.blockEnd + checksumBytes(frame);
    frame.insideBlock = false;
  }
}

/** Checks that the block whose size field lies at `at` is whole, its checksum included. Returns where its bytes begin. */
function readBlockSize(frame: Workspace, at: usize, end: usize): usize {
  if (end - at < 4) return frame.fail(Status.Truncated, end);
  const field = load<u32>(at);
  const size = field & ~STORED;
  if (size > frame.blockMaximum) return frame.fail(Status.Malformed, at);
  const checksum: u32 = field !== END_MARK ? checksumBytes(frame) : 0;
  if (end - at - 4 < size + checksum) return frame.fail(Status.Truncated, end);
  return at + 4;
}

function checksumBytes(frame: Workspace): u32 {
  return frame.has(Flag.BlockChecksum) ? CHECKSUM_BYTES : 0;
}

/** Begins the block of size field `field` whose bytes lie at `at`. */
function beginBlock(frame: Workspace, field: u32): bool {
  const at = frame.at;
  const size = field & ~STORED;
  const blockEnd = at + size;
  if (frame.has(Flag.BlockChecksum) && load<u32>(blockEnd) !== frame.checksum.of(at, size)) {
    frame.fail(Status.Checksum, blockEnd);
    return false;
  }
  frame.blockIsStored = (field & STORED) !== 0;
  if (frame.blockIsStored && size > frame.allowed) {
    frame.fail(Status.Exceeds, at);
    return false;
  }
  frame.insideBlock = true;
  frame.blockEnd = blockEnd;
  frame.blockProduced = 0;
  frame.blockAllowed = min<u32>(frame.allowed, frame.blockMaximum);
  frame.phase = Phase.Token;
  return true;
}

/** Appends up to `wanted` bytes of the current block to the output. */
function continueBlock(frame: Workspace, wanted: u32): Status {
  const output = frame.output;
  if (frame.blockIsStored) {
    const left = <u32>(frame.blockEnd - frame.at);
    const length = min(left, wanted);
    memory.copy(output, frame.at, length);
    frame.at += length;
    frame.advance(output + length);
    return length === left ? Status.Decoded : Status.Paused;
  }
  const allowed = frame.blockAllowed - frame.blockProduced;
  const piece = min(allowed, wanted);
  const reachable = frame.blockProduced < <u32>(output - frame.history) ? output - frame.blockProduced : frame.history;
  const history = frame.has(Flag.IndependentBlocks) ? reachable : frame.history;
  const status = decodeSequences(frame, frame.blockEnd, history, output + piece, allowed - piece, BlockEnd.AtSourceEnd);
  frame.blockProduced += <u32>(frame.output - output);
  if (status === Status.Decoded || status === Status.Paused) return status;
  // The block is whole, so that any failure but an output that is too small is the block's fault.
  if (status !== Status.Exceeds || frame.blockAllowed === frame.blockMaximum) frame.fail(Status.Malformed, frame.stoppedAt);
  return frame.status;
}

/** Reads the header. Returns the address behind it. */
function readFrameHeader(frame: Workspace, at: usize, end: usize): usize {
  if (end - at < MAGIC_BYTES) return frame.fail(Status.Truncated, end);
  if (load<u32>(at) !== MAGIC) return frame.fail(Status.Unsupported, at);
  const descriptor = at + MAGIC_BYTES;
  if (end - descriptor < 3) return frame.fail(Status.Truncated, end);
  const flags = <u32>load<u8>(descriptor);
  if ((flags & VERSION_MASK) !== VERSION || (flags & RESERVED_FLAG) !== 0) return frame.fail(Status.Unsupported, descriptor);
  if ((flags & DICTIONARY) !== 0) return frame.fail(Status.Dictionary, descriptor);
  frame.flags = flags;

  const blockDescriptor = <u32>load<u8>(descriptor, 1);
  const sizeCode = blockDescriptor >> BLOCK_MAXIMUM_SHIFT;
  if ((blockDescriptor & RESERVED_DESCRIPTOR) !== 0) return frame.fail(Status.Unsupported, descriptor + 1);
  if (sizeCode < SMALLEST_SIZE_CODE) return frame.fail(Status.Malformed, descriptor + 1);
  frame.blockMaximum = (<u32>1) << (2 * sizeCode + 8);

  let checksum = descriptor + 2;
  if (frame.has(Flag.ContentSize)) {
    if (end - checksum < 9) return frame.fail(Status.Truncated, end);
    frame.contentSize = load<u64>(checksum);
    checksum += 8;
  }
  const expected = (frame.checksum.of(descriptor, <u32>(checksum - descriptor)) >> 8) & 0xff;
  if (<u32>load<u8>(checksum) !== expected) return frame.fail(Status.Checksum, checksum);
  return checksum + 1;
}

/** Checks the checksum and the content size behind the end mark. Returns the address behind the frame. */
function endFrame(frame: Workspace, at: usize, end: usize): usize {
  const produced = frame.allowedAtBegin - frame.allowed;
  if (frame.has(Flag.ContentChecksum)) {
    if (end - at < CHECKSUM_BYTES) return frame.fail(Status.Truncated, end);
    const hash = frame.contentChecksum.digest(frame.hashedTo, frame.output, produced);
    if (load<u32>(at) !== hash) return frame.fail(Status.Checksum, at);
    at += CHECKSUM_BYTES;
  }
  if (frame.has(Flag.ContentSize) && frame.contentSize !== <u64>produced) return frame.fail(Status.SizeMismatch, at);
  return at;
}
