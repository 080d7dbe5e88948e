/**
 * Frame headers (RFC 8878, section 3.1.1.1) and the test for skippable frames (section 3.1.2).
 *
 * Refused: dictionaries, windows above the limit, the reserved bit. A dictionary id of 0 means none.
 */
import { Status } from "../codec/report";
import { MAXIMUM_BLOCK, Workspace } from "./workspace";

export const MAGIC: u32 = 0xfd2fb528;
export const MAGIC_BYTES: usize = 4;
/** The low four bits of a skippable frame's magic are free. */
const SKIPPABLE_MAGIC: u32 = 0x184d2a50;
const SKIPPABLE_MASK: u32 = 0xfffffff0;

export const SINGLE_SEGMENT: u32 = 0x20;
const RESERVED: u32 = 0x08;
const CHECKSUM: u32 = 0x04;

export function isSkippable(at: usize, end: usize): bool {
  return end - at >= MAGIC_BYTES && (load<u32>(at) & SKIPPABLE_MASK) === SKIPPABLE_MAGIC;
}

export function isFrame(at: usize, end: usize): bool {
  return end - at >= MAGIC_BYTES && load<u32>(at) === MAGIC;
}

export function readFrameHeader(workspace: Workspace, at: usize, end: usize): usize {
  if (end - at < MAGIC_BYTES + 1) return workspace.fail(Status.Truncated, end);
  if (!isFrame(at, end)) return workspace.fail(Status.Unsupported, at);
  const descriptor = at + MAGIC_BYTES;
  const flags = <u32>load<u8>(descriptor);
  if ((flags & RESERVED) !== 0) return workspace.fail(Status.Unsupported, descriptor);
  const isSingleSegment = (flags & SINGLE_SEGMENT) !== 0;
  const windowBytes: u32 = isSingleSegment ? 0 : 1;
  const dictionaryBytes: u32 = ((<u32>1) << (flags & 3)) >> 1;
  const sizeCode = flags >> 6;
  const contentSizeBytes: u32 = sizeCode !== 0 ? 1 << sizeCode : isSingleSegment ? 1 : 0;
  at = descriptor + 1;
  if (end - at < windowBytes + dictionaryBytes + contentSizeBytes) return workspace.fail(Status.Truncated, end);

  let windowSize: u64 = 0;
  if (!isSingleSegment) {
    const window = <u64>load<u8>(at);
    const power = (<u64>1) << (10 + (window >> 3));
    windowSize = power + (power >> 3) * (window & 7);
  }
  const dictionary = at + windowBytes;
  if (littleEndian(dictionary, dictionaryBytes) !== 0) return workspace.fail(Status.Dictionary, dictionary);
  const contentSize = dictionary + dictionaryBytes;
  workspace.hasContentSize = contentSizeBytes !== 0;
  workspace.contentSize = littleEndian(contentSize, contentSizeBytes) + (contentSizeBytes === 2 ? 256 : 0);
  if (isSingleSegment) windowSize = workspace.contentSize;
  if (windowSize > workspace.windowLimit) {
    workspace.reach = <u32>min<u64>(windowSize, u32.MAX_VALUE);
    return workspace.fail(Status.Window, at);
  }

  // No offset reaches further than an output that is addressed with 32 bits.
  workspace.windowSize = <u32>min<u64>(windowSize, u32.MAX_VALUE);
  workspace.blockMaximum = min<u32>(workspace.windowSize, MAXIMUM_BLOCK);
  workspace.hasChecksum = (flags & CHECKSUM) !== 0;
  return contentSize + contentSizeBytes;
}

function littleEndian(at: usize, bytes: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) value |= (<u64>load<u8>(at + i)) << (<u64>(i << 3));
  return value;
}
