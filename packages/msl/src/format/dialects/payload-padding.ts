/**
 * Whole-payload padding: libmsl, memslicer, its fork and radare2 fill every payload with zeros up to a multiple of 8, and count them in
 * BlockLength. Where a payload ends in page data that is short, nothing in it tells padding from memory.
 */
import type { FileHeader } from "../file-header.js";

/**
 * Whether a writer that pads may have written the capture: none of them says 1.1 together with a ClockSource or a BlockCount. The header
 * alone decides, so that all readers give the same answer, those of streams included. Where it leaves the question open, zeros that may be padding are
 * taken for padding: memory that was read is then missing by 7 bytes at most, and no byte is invented.
 */
export function mayPadPayloads({ versionMajor, versionMinor, clockSource, blockCount }: FileHeader): boolean {
  const isOfficial = versionMajor === 1 && versionMinor >= 1;
  return !isOfficial || (clockSource === 0 && blockCount === 0);
}
