import { digest, layout, optional, u64, zeros } from "../layout/fields.js";

/** Bytes of its payload, as 1.1 has it. */
export const END_OF_CAPTURE_SIZE = 48;

/** End-of-Capture 0x0FFF: the acquirer finished. MemDiver leaves the reserved bytes out (40 bytes instead of 48). */
export const END_OF_CAPTURE = layout("EndOfCapture", [
  digest("fileHash"),
  u64("acqEndNs"),
  optional([zeros(8)], {}, { missing: "EOC-SHORT" }),
]);
