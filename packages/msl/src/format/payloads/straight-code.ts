/**
 * Decoders of tables that captures have very many of, for payloads without anything to report, and their encoders for ordinary values.
 * Written by `npm run reference` from the tables in this folder and scripts/straight-code.mjs; edit those.
 */
import { isZeroBetween, u16At, u32At, u64At } from "../layout/cursor.js";
import type { StraightEncoder } from "../layout/encode.js";
import type { StraightDecoder } from "../layout/fields.js";
import { paddedLength, plainText } from "../layout/texts.js";

export const MODULE_ENTRY_DECODER: StraightDecoder = (views, start, end, Values) => {
  const { bytes } = views;
  let at = start;
  if (at + 24 > end) return undefined;
  const baseAddr = u64At(bytes, at);
  const moduleSize = u64At(bytes, at + 8);
  const pathLen = u16At(bytes, at + 16);
  const versionLen = u16At(bytes, at + 18);
  if (!isZeroBetween(bytes, at + 20, at + 24)) return undefined;
  at += 24;
  const path = plainText(bytes, at, pathLen, end);
  if (path === undefined) return undefined;
  at += paddedLength(pathLen);
  const version = plainText(bytes, at, versionLen, end);
  if (version === undefined) return undefined;
  at += paddedLength(versionLen);
  if (at + 40 > end) return undefined;
  const diskHashAt = at;
  const nativeBlobLen = u32At(bytes, at + 32);
  if (!isZeroBetween(bytes, at + 36, at + 40)) return undefined;
  at += 40;
  const nativeBlobAt = at;
  at += paddedLength(nativeBlobLen);
  if (at > end || !isZeroBetween(bytes, nativeBlobAt + nativeBlobLen, at)) return undefined;
  if (at !== end) return undefined;
  const values = new Values();
  values["kind"] = "ModuleEntry";
  values["baseAddr"] = baseAddr;
  values["moduleSize"] = moduleSize;
  values["path"] = path;
  values["version"] = version;
  values["diskHash"] = views.view(diskHashAt, diskHashAt + 32);
  values["nativeBlob"] = views.view(nativeBlobAt, nativeBlobAt + nativeBlobLen);
  return values;
};

export const MODULE_ENTRY_ENCODER: StraightEncoder = (values, output) => {
  if (!output.ordinaryU64(values["baseAddr"])) return false;
  if (!output.ordinaryU64(values["moduleSize"])) return false;
  const pathLenAt = output.length;
  output.zeros(2);
  const versionLenAt = output.length;
  output.zeros(2);
  output.zeros(4);
  if (!output.ordinaryText(values["path"], pathLenAt, 2)) return false;
  if (!output.ordinaryText(values["version"], versionLenAt, 2)) return false;
  if (!output.ordinaryBytes(values["diskHash"], 32)) return false;
  const nativeBlobLenAt = output.length;
  output.zeros(4);
  output.zeros(4);
  if (!output.ordinaryBlob(values["nativeBlob"], nativeBlobLenAt, 4)) return false;
  return true;
};
