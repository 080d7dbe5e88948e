/** System Context, and the tables of an investigation: processes, connections and handles of the whole system. */

import { isZero } from "../../bytes.js";
import { CONNECTION_FAMILY, CONNECTION_PROTOCOL, type CodeTable, HANDLE_TYPE, TCP_STATE } from "../codes.js";
import { fittingValue } from "../layout/decode.js";
import {
  bytes,
  code,
  count,
  entries,
  flag,
  layout,
  lengthOf,
  optional,
  text,
  u8,
  u16,
  u32,
  u64,
  zeros,
} from "../layout/fields.js";

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

/** System Context 0x0050: the acquisition as a whole, and which tables there are. Its first 32 bytes are fixed. */
export const SYSTEM_CONTEXT = layout("SystemContext", [
  u64("bootTimeNs"),
  u32("targetCount"),
  u32("tableBitmap"),
  ...LENGTHS,
  zeros(6),
  ...TEXTS,
  MEMDIVER_TAIL,
]);

/**
 * The layout of memslicer 0.2.4 to 0.2.7, which stores TargetCount in one byte: all fields behind it lie at odd offsets. No field tells the two
 * layouts apart; a payload has the layout in which its texts fit.
 */
export const SYSTEM_CONTEXT_B = layout("SystemContext", [
  u64("bootTimeNs"),
  u8("targetCount"),
  u32("tableBitmap"),
  ...LENGTHS,
  zeros(9),
  ...TEXTS,
]);

/** Bit of TableBitmap by which memslicer announces its KernelSymbolBundle. */
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

const PROCESS = layout("Process", [
  u32("pid"),
  u32("ppid"),
  u32("uid"),
  flag("isTarget"),
  zeros(3),
  u64("startTimeNs"),
  u64("rss"),
  lengthOf("exeName", 2),
  lengthOf("cmdLine", 2),
  lengthOf("user", 2),
  zeros(2),
  text("exeName"),
  text("cmdLine"),
  text("user"),
]);

/** Process Table 0x0051. `rss` in bytes, 0 unknown. */
export const PROCESS_TABLE = layout("ProcessTable", [
  count("entryCount"),
  zeros(4),
  entries("entries", PROCESS, { count: "entryCount" }),
]);

const CONNECTION = layout("Connection", [
  u32("pid"),
  code("family", CONNECTION_FAMILY),
  code("protocol", CONNECTION_PROTOCOL),
  code("state", TCP_STATE),
  zeros(1),
  bytes("localAddr", 16),
  u16("localPort"),
  zeros(2),
  bytes("remoteAddr", 16),
  u16("remotePort"),
  zeros(2),
]);

/** Connection Table 0x0052. Addresses in network order, IPv4 in the first four bytes. */
export const CONNECTION_TABLE = layout("ConnectionTable", [
  count("entryCount"),
  zeros(4),
  entries("entries", CONNECTION, { count: "entryCount" }),
]);

const handleTable = <Name extends string>(types: CodeTable<Name>) =>
  layout("HandleTable", [
    count("entryCount"),
    zeros(4),
    entries(
      "entries",
      layout("Handle", [
        u32("pid"),
        u32("fd"),
        // One byte and a reserved one in the specification; MemDiver uses both. Below 256 the bytes are the same.
        code("handleType", types, { most: 0xff, lint: "HND-WIDE" }),
        lengthOf("path", 2),
        zeros(4),
        text("path"),
      ]),
      { count: "entryCount" },
    ),
  ]);

/** Handle Table 0x0053. */
export const HANDLE_TABLE = handleTable(HANDLE_TYPE);

/** The Handle Table with MemDiver's meanings of the handle types 5, 6 and 7. */
export const MEMDIVER_HANDLE_TABLE = handleTable({
  width: 2,
  names: { ...HANDLE_TYPE.names, 5: "mutex", 6: "timer", 7: "other" },
});
