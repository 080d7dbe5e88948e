/**
 * The header of an LZ4 frame: magic, flags, block descriptor, optional content size, header checksum.
 *
 * Source: LZ4 frame format description 1.6. Frames of other kinds (legacy, skippable) are refused.
 */
import { Status } from "../codec/report";
import { Workspace } from "./workspace";

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

export const enum Flag {
  ContentChecksum = 0x04,
  ContentSize = 0x08,
  BlockChecksum = 0x10,
  IndependentBlocks = 0x20,
}

export function readFrameHeader(frame: Workspace, at: usize, end: usize): usize {
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
