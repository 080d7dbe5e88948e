/**
 * System Context 0x0050: the acquisition as a whole. Two layouts of 32 fixed bytes exist: memslicer 0.2.4 to 0.2.7 stores TargetCount
 * in one byte, which moves everything behind it to odd offsets. No field tells them apart; the layout is the one whose texts fit.
 */
import type { Report } from "../../lint/deviation.js";
import type { Producer } from "../dialects/dialects.js";
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
  return rest.subarray(10, 16).every((byte) => byte === 0) && rest.length === 16 + Math.ceil(length / 8) * 8;
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

const MEMSLICER_TABLES = 0x3f0;
/** Bits 10 and up are reserved in every layout. */
const TABLE_BITMAP_END = 1 << 10;

/** The layout that fits; where neither does, memslicer's if other evidence says that memslicer wrote the capture. */
export function systemContextLayout(bytes: Uint8Array, producer: Producer | undefined, report: Report) {
  if (fits(SYSTEM_CONTEXT, bytes)) return SYSTEM_CONTEXT;
  if (!fits(SYSTEM_CONTEXT_B, bytes) && producer !== "memslicer") return SYSTEM_CONTEXT;
  report({
    id: "SYS-LAYOUT-B",
    message: "System Context in memslicer's layout: TargetCount in one byte",
    offset: 8,
    field: "targetCount",
  });
  return SYSTEM_CONTEXT_B;
}

export function isSystemContextB(bytes: Uint8Array): boolean {
  return !fits(SYSTEM_CONTEXT, bytes) && fits(SYSTEM_CONTEXT_B, bytes);
}

/** Whether TableBitmap announces tables that only memslicer writes (bits 4 to 9). */
export function memslicerTablesAnnounced(bytes: Uint8Array): boolean {
  const value = fittingValue(SYSTEM_CONTEXT, bytes) ?? fittingValue(SYSTEM_CONTEXT_B, bytes);
  return value !== undefined && (value.tableBitmap & MEMSLICER_TABLES) !== 0;
}

function fits(table: typeof SYSTEM_CONTEXT | typeof SYSTEM_CONTEXT_B, bytes: Uint8Array): boolean {
  const value = fittingValue(table, bytes);
  return value !== undefined && value.tableBitmap < TABLE_BITMAP_END;
}
