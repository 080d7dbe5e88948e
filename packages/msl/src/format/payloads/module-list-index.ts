import { address, count, entries, layout, lengthOf, text, u64, uuid, zeros } from "../layout/fields.js";

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
