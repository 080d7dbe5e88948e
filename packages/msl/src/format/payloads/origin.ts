/** Where a capture comes from: the process, the dump that was imported, and the dumps that belong to it. */
import { RELATIONSHIP, SOURCE_FORMAT } from "../codes.js";
import { code, digest, layout, lengthOf, optional, text, u32, u64, uuid, zeros } from "../layout/fields.js";

/** Process Identity 0x0040: who the captured process is. Times in nanoseconds since 1970-01-01 UTC, 0 unknown. */
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
