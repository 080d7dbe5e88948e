/** The captured process: who it is and where the capture comes from, the dumps that belong to it, its modules and its threads. */
import type { Reporter } from "../../deviations/deviation.js";
import type { SlicedWork } from "../../sliced-work.js";
import { RELATIONSHIP, RegisterFlag, SOURCE_FORMAT, THREAD_STATE } from "../codes.js";
import { isZeroBetween } from "../layout/cursor.js";
import { decodeLayoutWork, isPadding, type LayoutRules } from "../layout/decode.js";
import {
  address,
  blob,
  code,
  count,
  type Decoded,
  digest,
  entries,
  fixedFields,
  hexBlob,
  layout,
  lengthOf,
  optional,
  shownLengthOf,
  text,
  u16,
  u32,
  u64,
  uuid,
  zeros,
} from "../layout/fields.js";
import * as straight from "./straight-code.js";

/** Process Identity 0x0040: the captured process. Times in nanoseconds since 1970-01-01 UTC, 0 unknown. */
export const PROCESS_IDENTITY = layout("ProcessIdentity", [
  u32("ppid"),
  u32("sessionId"),
  u64("startTimeNs"),
  lengthOf("exePath", 2),
  lengthOf("cmdLine", 2),
  zeros(4),
  text("exePath"),
  text("cmdLine"),
]);

/** Import Provenance 0x0030: what dump the capture was made from. MemDiver adds the BLAKE3 digest of that dump, zeros if unknown. */
export const IMPORT_PROVENANCE = layout("ImportProvenance", [
  code("sourceFormat", SOURCE_FORMAT),
  zeros(2),
  lengthOf("toolName", 4),
  u64("importTimeNs"),
  u64("origFileSize"),
  lengthOf("note", 4),
  zeros(4),
  text("toolName"),
  text("note"),
  optional([digest("sourceHash")], { sourceHash: null }, { present: "LEN-EXTRA" }),
]);

/** Related Dump 0x0041: another file and how its process relates. MemDiver adds the BLAKE3 digest of that file, zeros if unknown. */
export const RELATED_DUMP = layout("RelatedDump", [
  uuid("relatedDumpUuid"),
  u32("relatedPid"),
  code("relationship", RELATIONSHIP),
  zeros(2),
  optional([digest("targetHash")], { targetHash: null }, { present: "LEN-EXTRA" }),
]);

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A line of the Module List Index. */
export const MODULE_LIST_ENTRY = layout("ModuleListEntry", [
  uuid("moduleUuid"),
  address("baseAddr"),
  u64("moduleSize"),
  lengthOf("path", 2),
  zeros(2),
  zeros(4),
  text("path"),
]);

/**
 * Module List Index 0x0010: announces the Module Entry blocks by their BlockUUIDs.
 * MSL 0.1 writes the count alone, although modules follow: libmsl's 8-byte payload with EntryCount 366 in a real Android capture.
 */
export const MODULE_LIST_INDEX = layout("ModuleListIndex", [
  count("entryCount"),
  zeros(4),
  entries("entries", MODULE_LIST_ENTRY, { count: "entryCount", absent: "MOD-COUNTONLY" }),
]);

/** Module Entry 0x0002: one loaded module. MemDiver stops after DiskHash. */
export const MODULE_ENTRY = layout(
  "ModuleEntry",
  [
    address("baseAddr"),
    u64("moduleSize"),
    lengthOf("path", 2),
    lengthOf("version", 2),
    zeros(4),
    text("path"),
    text("version"),
    digest("diskHash"),
    optional([lengthOf("nativeBlob", 4), zeros(4), blob("nativeBlob")], { nativeBlob: NO_BYTES }, { missing: "MOD-SHORT" }),
  ],
  straight.MODULE_ENTRY_DECODER,
);

/** The value is little-endian, in vector registers too; its width is what the producer stored, narrower or wider than the register. */
const REGISTER = layout("Register", [
  lengthOf("name", 1),
  shownLengthOf("width", "value", 1),
  u16("flags"),
  zeros(4),
  text("name"),
  hexBlob("value", "padded"),
]);

/**
 * Thread Context 0x0011: a thread and its registers. The specification reserves the code and defines no payload; this is the layout that
 * reverseame/memslicer and radare2 write and read, and that is proposed to the specification (memslice-spec, pull request 1).
 */
export const THREAD_CONTEXT = layout("ThreadContext", [
  u64("threadId"),
  u64("startTimeNs"),
  u16("flags"),
  code("threadState", THREAD_STATE, { most: 4, lint: "THR-STATE" }),
  zeros(1),
  count("regCount"),
  lengthOf("name", 2),
  zeros(6),
  text("name"),
  entries("registers", REGISTER, { count: "regCount" }),
]);

/** The reserved bytes of the fixed part: the offsets where they begin and end. */
const RESERVED = fixedFields(THREAD_CONTEXT).flatMap(([field, offset]) =>
  field.kind === "zeros" ? [[offset, offset + field.size] as const] : [],
);

/** Whether the reserved bytes, which stand before the registers, are there and zero: then the payload has this layout. */
export function hasReservedZeros(bytes: Uint8Array): boolean {
  return bytes.length >= THREAD_CONTEXT.minimumSize && RESERVED.every(([start, end]) => isZeroBetween(bytes, start, end));
}

/**
 * Whether the payload has this layout, which nothing but the type code says: its reserved bytes are zero, or the walk over name and registers, of any
 * number, ends inside it with padding at most. MemDiver's test fixtures have something else under the code.
 */
export function* isThreadContext(bytes: Uint8Array, rules: LayoutRules): SlicedWork<boolean> {
  if (hasReservedZeros(bytes)) return true;
  const { value, size } = { size: 0, ...(yield* decodeLayoutWork(THREAD_CONTEXT, bytes, () => {}, rules)) };
  return value !== undefined && isPadding(bytes.subarray(size));
}

/** Reports a thread without a program counter or stack pointer: nobody can tell where it was. */
export function reportRoles({ registers }: Decoded<typeof THREAD_CONTEXT>, reporter: Reporter): void {
  const missing = ROLES.filter(([, flag]) => !registers.some(({ flags }) => (flags & flag) !== 0)).map(([name]) => name);
  if (missing.length === 0) return;
  const message = `No register of ${registers.length} is flagged as ${missing.join(", none as ")}`;
  const values = [registers.length, missing.join(", no ")];
  reporter.add({ id: "THR-ROLE", message, offset: 0, values });
}

const ROLES = [
  ["PC", RegisterFlag.Pc],
  ["SP", RegisterFlag.Sp],
] as const;
