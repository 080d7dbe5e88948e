/**
 * The common block header (specification, block header), little-endian, at any alignment, 80 bytes:
 *   +0 "MSLC"  +4 u16 BlockType  +6 u16 Flags  +8 u32 BlockLength  +12 u16 PayloadVersion  +14 u16 Reserved
 *   +16 BlockUUID  +32 ParentUUID  +48 PrevHash
 * The next header begins BlockLength bytes after this one. The payload of End-of-Capture begins with FileHash.
 */
import { HEADER_BYTES } from "../src/layout";

const MAGIC: u32 = 0x434c534d;
const END_OF_CAPTURE: u16 = 0x0fff;
/** FileHash and AcqEnd. Some producers leave out the reserved bytes that follow them. */
const END_OF_CAPTURE_LEAST_PAYLOAD: u32 = 40;
/** Offset of FileHash in an End-of-Capture block. */
export const FILE_HASH: usize = HEADER_BYTES;

/** Whether a block begins at `header`: whether the magic is there, and BlockLength covers the header. */
@inline
export function isBlock(header: usize): bool {
  return hasMagic(header) && blockLength(header) >= <u32>HEADER_BYTES;
}

@inline
export function hasMagic(header: usize): bool {
  return load<u32>(header) == MAGIC;
}

/** BlockType in the low half, Flags in the high half. */
@inline
export function typeAndFlags(header: usize): u32 {
  return load<u32>(header, 4);
}

@inline
function blockType(header: usize): u16 {
  return load<u16>(header, 4);
}

@inline
export function blockLength(header: usize): u32 {
  return load<u32>(header, 8);
}

/** PayloadVersion in the low half, Reserved in the high half. */
@inline
export function versionAndReserved(header: usize): u32 {
  return load<u32>(header, 12);
}

export function isEndOfCapture(header: usize): bool {
  return blockType(header) == END_OF_CAPTURE && blockLength(header) >= <u32>HEADER_BYTES + END_OF_CAPTURE_LEAST_PAYLOAD;
}
