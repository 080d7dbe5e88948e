/** The End-of-Capture block (specification, End-of-Capture): FileHash is the first thing in its payload. */
import { blockLength, blockType, HEADER_BYTES } from "./block-header";

const END_OF_CAPTURE: u16 = 0x0fff;
/** FileHash and AcqEnd; some producers leave the reserved bytes out. */
const PAYLOAD_LEAST: u32 = 40;

/** Where FileHash lies, from the block's start. */
export const FILE_HASH: usize = HEADER_BYTES;

export function isEndOfCapture(header: usize): bool {
  return blockType(header) == END_OF_CAPTURE && blockLength(header) >= HEADER_BYTES + PAYLOAD_LEAST;
}
