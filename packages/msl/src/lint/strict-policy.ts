/**
 * What a pure 1.1 consumer does about a deviation that this library's lenient readers tolerate. Deviations not listed are accepted
 * and reported in both modes.
 */
import type { LintId } from "./catalogue.js";

export const REJECTS_BLOCK: ReadonlySet<LintId> = new Set<LintId>([
  "BLK-PAYLOADVERSION",
  "BLK-COMPALGO",
  "CMP-NOPREFIX",
  "EXT-MEMSLICER",
  "EXT-MEMDIVER",
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

export function strictRejectsBlock(id: LintId): boolean {
  return REJECTS_BLOCK.has(id);
}

export function strictRejectsFile(id: LintId): boolean {
  return REJECTS_FILE.has(id);
}
