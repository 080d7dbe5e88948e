/**
 * Headers of frames, of skippable frames and of blocks. Refused are dictionaries, windows above the limit, and the reserved bit. A dictionary
 * id of 0 stands for no dictionary.
 *
 * Layout: a block header has 3 bytes: bit 0 marks the last block, bits 1 and 2 are the type, the others the size.
 * Source: RFC 8878, sections 3.1.1.1, 3.1.1.2 and 3.1.2.
 */
import { Status } from "../codec/report";
import { load24, loadBytes } from "./bits";
import { MAXIMUM_BLOCK, Workspace } from "./workspace";

export const MAGIC: u32 = 0xfd2fb528;
export const MAGIC_BYTES: usize = 4;
/** The low four bits of the magic of a skippable frame are arbitrary. */
const SKIPPABLE_MAGIC: u32 = 0x184d2a50;
const SKIPPABLE_MASK: u32 = 0xfffffff0;

export const SINGLE_SEGMENT: u32 = 0x20;
const RESERVED: u32 = 0x08;
const CHECKSUM: u32 = 0x04;

export const BLOCK_HEADER_BYTES: usize = 3;

export const enum BlockType {
  Stored,
  Repeated,
  Compressed,
  Reserved,
}

export function isSkippable(at: usize, end: usize): bool {
  return end - at >= MAGIC_BYTES && (load<u32>(at) & SKIPPABLE_MASK) === SKIPPABLE_MAGIC;
}

export function isFrame(at: usize, end: usize): bool {
  return end - at >= MAGIC_BYTES && load<u32>(at) === MAGIC;
}

/** Reads the header of a frame into the workspace. Returns the address behind it. */
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
  if (loadBytes(dictionary, dictionaryBytes) !== 0) return workspace.fail(Status.Dictionary, dictionary);
  const contentSize = dictionary + dictionaryBytes;
  workspace.hasContentSize = contentSizeBytes !== 0;
  workspace.contentSize = loadBytes(contentSize, contentSizeBytes) + (contentSizeBytes === 2 ? 256 : 0);
  if (isSingleSegment) windowSize = workspace.contentSize;
  if (windowSize > workspace.windowLimit) {
    workspace.reach = <u32>min<u64>(windowSize, u32.MAX_VALUE);
    return workspace.fail(Status.Window, at);
  }

  // The output is addressed with 32 bits, so that no offset is larger.
  workspace.windowSize = <u32>min<u64>(windowSize, u32.MAX_VALUE);
  workspace.blockMaximum = min<u32>(workspace.windowSize, MAXIMUM_BLOCK);
  workspace.hasChecksum = (flags & CHECKSUM) !== 0;
  return contentSize + contentSizeBytes;
}

/** Checks that the block whose header lies at `at` is whole and of legal size. Returns the address of its content. */
export function checkBlock(workspace: Workspace, at: usize, end: usize): usize {
  if (end - at < BLOCK_HEADER_BYTES) return workspace.fail(Status.Truncated, end);
  if (typeOf(at) === BlockType.Reserved || sizeOf(at) > workspace.blockMaximum) return workspace.fail(Status.Malformed, at);
  const content = at + BLOCK_HEADER_BYTES;
  return end - content < contentBytes(at) ? workspace.fail(Status.Truncated, end) : content;
}

export function isLast(header: usize): bool {
  return (load<u8>(header) & 1) !== 0;
}

export function typeOf(header: usize): BlockType {
  return <BlockType>((load<u8>(header) >> 1) & 3);
}

/** The size field: bytes of the content, or for BlockType.Repeated the number of times that its single byte is repeated. */
export function sizeOf(header: usize): u32 {
  return load24(header) >> 3;
}

/** Bytes of the block's content as stored. */
export function contentBytes(header: usize): u32 {
  return typeOf(header) === BlockType.Repeated ? 1 : sizeOf(header);
}
