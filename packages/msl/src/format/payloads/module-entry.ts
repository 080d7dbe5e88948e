import { address, blob, digest, layout, lengthOf, optional, text, u64, zeros } from "../layout/fields.js";

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
