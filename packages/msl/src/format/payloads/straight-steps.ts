/**
 * Decoders of tables that captures have very many of: a function for each run of fields.
 * Written by `npm run reference` from the tables in this folder and scripts/straight-steps.mjs; edit those.
 */
import * as codes from "../codes.js";
import { skipReserved, takeStored } from "../layout/cursor.js";
import type { StraightStep } from "../layout/fields.js";
import { paddedText } from "../layout/texts.js";
import { uuidText } from "../layout/uuid-text.js";

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

export const THREAD_CONTEXT: readonly StraightStep[] = [
  (cursor, values) => {
    values["threadId"] = cursor.u64("threadId");
    values["startTimeNs"] = cursor.u64("startTimeNs");
    values["flags"] = cursor.uint(2, "flags");
  },
  (cursor, values) => {
    skipReserved(1, cursor);
    values["regCount"] = cursor.uint(4, "regCount");
    const nameLen = cursor.uint(2, "nameLen");
    skipReserved(6, cursor);
    values["name"] = paddedText("name", nameLen, cursor);
  },
];

export const KEY_HINT: readonly StraightStep[] = [
  (cursor, values) => {
    values["regionUuid"] = uuidText(cursor.bytes, cursor.advance(16, "regionUuid"));
    values["regionOffset"] = cursor.u64("regionOffset");
    values["keyLen"] = cursor.uint(4, "keyLen");
    const keyType = cursor.uint(2, "keyType");
    values["keyType"] = keyType;
    values["keyTypeName"] = codes.codeName(codes.KEY_TYPE, keyType);
    const protocol = cursor.uint(2, "protocol");
    values["protocol"] = protocol;
    values["protocolName"] = codes.codeName(codes.KEY_PROTOCOL, protocol);
    const confidence = cursor.uint(1, "confidence");
    values["confidence"] = confidence;
    values["confidenceName"] = codes.codeName(codes.KEY_CONFIDENCE, confidence);
    const keyState = cursor.uint(1, "keyState");
    values["keyState"] = keyState;
    values["keyStateName"] = codes.codeName(codes.KEY_STATE, keyState);
    skipReserved(2, cursor);
    const noteLen = cursor.uint(4, "noteLen");
    skipReserved(4, cursor);
    values["note"] = paddedText("note", noteLen, cursor);
  },
];

export const MODULE_LIST_ENTRY: readonly StraightStep[] = [
  (cursor, values) => {
    values["moduleUuid"] = uuidText(cursor.bytes, cursor.advance(16, "moduleUuid"));
    values["baseAddr"] = cursor.u64("baseAddr");
    values["moduleSize"] = cursor.u64("moduleSize");
    const pathLen = cursor.uint(2, "pathLen");
    skipReserved(2, cursor);
    skipReserved(4, cursor);
    values["path"] = paddedText("path", pathLen, cursor);
  },
];

export const REGISTER: readonly StraightStep[] = [
  (cursor, values) => {
    const nameLen = cursor.uint(1, "nameLen");
    const width = cursor.uint(1, "width");
    values["width"] = width;
    values["flags"] = cursor.uint(2, "flags");
    skipReserved(4, cursor);
    values["name"] = paddedText("name", nameLen, cursor);
    values["value"] = takeStored("value", width, true, cursor);
  },
];

export const PROCESS: readonly StraightStep[] = [
  (cursor, values) => {
    values["pid"] = cursor.uint(4, "pid");
    values["ppid"] = cursor.uint(4, "ppid");
    values["uid"] = cursor.uint(4, "uid");
    values["isTarget"] = cursor.uint(1, "isTarget") !== 0;
    skipReserved(3, cursor);
    values["startTimeNs"] = cursor.u64("startTimeNs");
    values["rss"] = cursor.u64("rss");
    const exeNameLen = cursor.uint(2, "exeNameLen");
    const cmdLineLen = cursor.uint(2, "cmdLineLen");
    const userLen = cursor.uint(2, "userLen");
    skipReserved(2, cursor);
    values["exeName"] = paddedText("exeName", exeNameLen, cursor);
    values["cmdLine"] = paddedText("cmdLine", cmdLineLen, cursor);
    values["user"] = paddedText("user", userLen, cursor);
  },
];

export const CONNECTION: readonly StraightStep[] = [
  (cursor, values) => {
    values["pid"] = cursor.uint(4, "pid");
    const family = cursor.uint(1, "family");
    values["family"] = family;
    values["familyName"] = codes.codeName(codes.CONNECTION_FAMILY, family);
    const protocol = cursor.uint(1, "protocol");
    values["protocol"] = protocol;
    values["protocolName"] = codes.codeName(codes.CONNECTION_PROTOCOL, protocol);
    const state = cursor.uint(1, "state");
    values["state"] = state;
    values["stateName"] = codes.codeName(codes.TCP_STATE, state);
    skipReserved(1, cursor);
    values["localAddr"] = cursor.take(16, "localAddr");
    values["localPort"] = cursor.uint(2, "localPort");
    skipReserved(2, cursor);
    values["remoteAddr"] = cursor.take(16, "remoteAddr");
    values["remotePort"] = cursor.uint(2, "remotePort");
    skipReserved(2, cursor);
  },
];
