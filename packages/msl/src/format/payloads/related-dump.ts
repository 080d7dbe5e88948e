import { RELATIONSHIP } from "../codes.js";
import { code, digest, layout, optional, u32, uuid, zeros } from "../layout/fields.js";

/** Related Dump 0x0041: another file and how its process relates. MemDiver adds the BLAKE3 digest of that file, zeros if unknown. */
export const RELATED_DUMP = layout("RelatedDump", [
  uuid("relatedDumpUuid"),
  u32("relatedPid"),
  code("relationship", RELATIONSHIP),
  zeros(2),
  optional([digest("targetHash")], { targetHash: null }, { present: "LEN-EXTRA" }),
]);
