/**
 * Decoders of tables that captures have very many of: a function for each run of fields.
 * Written by `npm run reference` from the tables in this folder and scripts/straight-steps.mjs; edit those.
 */
import { skipReserved, takeStored } from "../layout/cursor.js";
import type { StraightStep } from "../layout/fields.js";
import { paddedText } from "../layout/texts.js";

export const MODULE_ENTRY: readonly StraightStep[] = [
  (cursor, values) => {
    values["baseAddr"] = cursor.u64("baseAddr");
    values["moduleSize"] = cursor.u64("moduleSize");
    const pathLen = cursor.uint(2, "pathLen");
    const versionLen = cursor.uint(2, "versionLen");
    skipReserved(4, cursor);
    values["path"] = paddedText("path", pathLen, cursor);
    values["version"] = paddedText("version", versionLen, cursor);
    values["diskHash"] = cursor.take(32, "diskHash");
  },
  (cursor, values) => {
    const nativeBlobLen = cursor.uint(4, "nativeBlobLen");
    skipReserved(4, cursor);
    values["nativeBlob"] = takeStored("nativeBlob", nativeBlobLen, true, cursor);
  },
];
