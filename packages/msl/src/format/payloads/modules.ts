/** The modules that a process has loaded: one block for each, and the list that announces them. */
import { address, blob, count, digest, entries, layout, lengthOf, optional, text, u64, uuid, zeros } from "../layout/fields.js";

const MODULE_LIST_ENTRY = layout("ModuleListEntry", [
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
export const MODULE_ENTRY = layout("ModuleEntry", [
  address("baseAddr"),
  u64("moduleSize"),
  lengthOf("path", 2),
  lengthOf("version", 2),
  zeros(4),
  text("path"),
  text("version"),
  digest("diskHash"),
  optional(
    [lengthOf("nativeBlob", 4), zeros(4), blob("nativeBlob")],
    { nativeBlob: new Uint8Array(0) },
    { missing: "MOD-SHORT" },
  ),
]);
