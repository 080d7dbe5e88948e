/** The common block header (specification, block header): 80 bytes before every payload; and the payload that ends a capture. */
import { textEncoder } from "../bytes.js";
import { BlockType } from "./codes.js";
import { bytes, digest, fieldOffset, layout, optional, u16, u32, u64, uuid, zeros } from "./layout/fields.js";

export const BLOCK_MAGIC = textEncoder().encode("MSLC");

export const BLOCK_HEADER = layout("BlockHeader", [
  bytes("magic", 4),
  u16("type"),
  u16("flags"),
  u32("length"),
  u16("payloadVersion"),
  zeros(2),
  uuid("uuid"),
  uuid("parentUuid"),
  digest("prevHash"),
]);

export const BLOCK_HEADER_SIZE = BLOCK_HEADER.minimumSize;
export const BLOCK_TYPE_OFFSET = fieldOffset(BLOCK_HEADER, "type");
export const BLOCK_FLAGS_OFFSET = fieldOffset(BLOCK_HEADER, "flags");
export const BLOCK_LENGTH_OFFSET = fieldOffset(BLOCK_HEADER, "length");
export const BLOCK_RESERVED_OFFSET = fieldOffset(BLOCK_HEADER, "reserved");
export const BLOCK_UUID_OFFSET = fieldOffset(BLOCK_HEADER, "uuid");
export const PREV_HASH_OFFSET = fieldOffset(BLOCK_HEADER, "prevHash");
export const PREV_HASH_BYTES = 32;

/** Payload bytes of the End-of-Capture that 1.1 defines. */
export const END_OF_CAPTURE_SIZE = 48;
/** Payload bytes of the shortest End-of-Capture that any producer writes (MemDiver). */
export const END_OF_CAPTURE_MINIMUM = 40;

/** Whether a block ends the capture: type 0x0FFF with room for FileHash and AcqEnd. */
export function isEndOfCapture(type: number, length: number): boolean {
  return type === BlockType.EndOfCapture && length >= BLOCK_HEADER_SIZE + END_OF_CAPTURE_MINIMUM;
}

/** End-of-Capture 0x0FFF: the acquirer finished. MemDiver leaves the reserved bytes out (40 bytes instead of 48). */
export const END_OF_CAPTURE = layout("EndOfCapture", [
  digest("fileHash"),
  u64("acqEndNs"),
  optional([zeros(8)], {}, { missing: "EOC-SHORT" }),
]);
