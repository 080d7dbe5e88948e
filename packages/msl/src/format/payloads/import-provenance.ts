import { SOURCE_FORMAT } from "../codes.js";
import { code, digest, layout, lengthOf, optional, text, u64, zeros } from "../layout/fields.js";

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
