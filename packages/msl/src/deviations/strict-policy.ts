/**
 * What a pure 1.1 consumer does about a deviation that this library's lenient readers tolerate. Deviations not listed are accepted
 * and reported in both modes.
 */
import type { LintId } from "./catalogue.js";
import type { Deviation } from "./deviation.js";

export const REJECTS_BLOCK: ReadonlySet<LintId> = new Set<LintId>([
  "BLK-PAYLOADVERSION",
  "BLK-COMPALGO",
  "CMP-NOPREFIX",
  "CON-TYPE",
  "EXT-MEMSLICER",
  "EXT-MEMDIVER",
  "EXT-THREAD",
  "MOD-COUNTONLY",
  "MOD-SHORT",
  "REG-LEGACY",
  "SYS-LAYOUT-B",
]);

export const REJECTS_FILE: ReadonlySet<LintId> = new Set<LintId>([
  "HDR-VERSION-BYTES",
  "HDR-ENDIAN",
  "HDR-SIZE",
  "HDR-HASHALGO",
  "BLK-TYPE0",
]);

/** The first deviation for which a strict consumer refuses the block, or undefined. */
export function rejectsBlock(deviations: readonly Deviation[]): Deviation | undefined {
  return deviations.find(({ id }) => REJECTS_BLOCK.has(id));
}

/** The first deviation for which a strict consumer refuses the file, or undefined. */
export function rejectsFile(deviations: readonly Deviation[]): Deviation | undefined {
  return deviations.find(({ id }) => REJECTS_FILE.has(id));
}
