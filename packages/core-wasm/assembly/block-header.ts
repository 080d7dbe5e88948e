/**
 * The common block header (specification, block header), little-endian, at any alignment:
 *   +0 "MSLC"  +4 u16 BlockType  +6 u16 Flags  +8 u32 BlockLength  +12 u16 PayloadVersion  +14 u16 Reserved
 *   +16 BlockUUID  +32 ParentUUID  +48 PrevHash; 80 bytes. The next header follows BlockLength bytes after this one.
 */
const MAGIC: u32 = 0x434c534d;
export const HEADER_BYTES: u32 = 80;
export const BLOCK_UUID: usize = 16;
export const PARENT_UUID: usize = 32;
export const PREV_HASH: usize = 48;

/** Whether a block begins here: anything else leads nowhere. */
@inline
export function isBlock(header: usize): bool {
  return hasMagic(header) && blockLength(header) >= HEADER_BYTES;
}

@inline
export function hasMagic(header: usize): bool {
  return load<u32>(header) == MAGIC;
}

/** BlockType and Flags as they lie side by side. */
@inline
export function typeAndFlags(header: usize): u32 {
  return load<u32>(header, 4);
}

@inline
export function blockType(header: usize): u16 {
  return load<u16>(header, 4);
}

@inline
export function blockLength(header: usize): u32 {
  return load<u32>(header, 8);
}

/** PayloadVersion and Reserved as they lie side by side. */
@inline
export function versionAndReserved(header: usize): u32 {
  return load<u32>(header, 12);
}
