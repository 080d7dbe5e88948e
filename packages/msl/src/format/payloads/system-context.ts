/**
 * System Context 0x0050: the acquisition as a whole. Two layouts of 32 fixed bytes exist: memslicer 0.2.4 to 0.2.7 stores TargetCount
 * in one byte, which moves everything behind it to odd offsets. No field tells them apart; the layout is the one whose texts fit.
 */
import { isZero } from "../../bytes.js";
import { layout, lengthOf, optional, text, u8, u32, u64, zeros } from "../layout/fields.js";
import { fittingValue } from "../layout/fits.js";

const LENGTHS = [
  lengthOf("acqUser", 2),
  lengthOf("hostname", 2),
  lengthOf("domain", 2),
  lengthOf("osDetail", 2),
  lengthOf("caseRef", 2),
] as const;
const TEXTS = [text("acqUser"), text("hostname"), text("domain"), text("osDetail"), text("caseRef")] as const;

/** MemDiver's older builds: uptime and OS version behind CaseRef, filling the payload exactly. */
const MEMDIVER_TAIL = optional(
  [u64("uptimeNs"), lengthOf("osVersion", 2), zeros(6), text("osVersion")],
  { uptimeNs: null, osVersion: null },
  { present: "SYS-TAIL", when: isMemDiverTail },
);

function isMemDiverTail(rest: Uint8Array): boolean {
  const length = (rest[8] ?? 0) | ((rest[9] ?? 0) << 8);
  return isZero(rest.subarray(10, 16)) && rest.length === 16 + Math.ceil(length / 8) * 8;
}

export const SYSTEM_CONTEXT = layout("SystemContext", [
  u64("bootTimeNs"),
  u32("targetCount"),
  u32("tableBitmap"),
  ...LENGTHS,
  zeros(6),
  ...TEXTS,
  MEMDIVER_TAIL,
]);

export const SYSTEM_CONTEXT_B = layout("SystemContext", [
  u64("bootTimeNs"),
  u8("targetCount"),
  u32("tableBitmap"),
  ...LENGTHS,
  zeros(9),
  ...TEXTS,
]);

/** KernelSymbolBundle, a block of memslicer's own. */
const KERNEL_SYMBOLS = 1 << 4;
/** Bits 10 and up are reserved in every layout. */
const TABLE_BITMAP_END = 1 << 10;

/** Which layout a System Context has; `undefined` where neither fits, as in a damaged one. */
export function fittingContext(bytes: Uint8Array): typeof SYSTEM_CONTEXT | typeof SYSTEM_CONTEXT_B | undefined {
  return [SYSTEM_CONTEXT, SYSTEM_CONTEXT_B].find((table) => contextValue(table, bytes) !== undefined);
}

/** Whether TableBitmap announces a KernelSymbolBundle, in the layout that fits. */
export function announcesKernelSymbols(bytes: Uint8Array): boolean {
  const value = contextValue(SYSTEM_CONTEXT, bytes) ?? contextValue(SYSTEM_CONTEXT_B, bytes);
  return value !== undefined && (value.tableBitmap & KERNEL_SYMBOLS) !== 0;
}

function contextValue(table: typeof SYSTEM_CONTEXT | typeof SYSTEM_CONTEXT_B, bytes: Uint8Array) {
  const value = fittingValue(table, bytes);
  return value !== undefined && value.tableBitmap < TABLE_BITMAP_END ? value : undefined;
}
