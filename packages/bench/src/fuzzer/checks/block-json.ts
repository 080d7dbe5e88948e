/** Compares blocks as JSON, for which regions are read piece by piece, with decoded blocks. */
import { blake3 } from "@memslice/core-wasm";
import {
  type BlockResult,
  blockInfoJson,
  blockJson,
  type Capture,
  headerJson,
  type JsonObject,
  type MslSliceReader,
} from "@memslice/msl";
import { ask, require, requireEqual } from "../finding.js";
import type { Subject } from "./subject.js";

export async function compareJson({ options }: Subject, slice: MslSliceReader, capture: Capture): Promise<void> {
  requirePlain("header", headerJson(capture.header));
  for (const block of capture.blocks) {
    const where = `JSON of block ${block.index}`;
    const { value: json } = await ask(() => blockJson(block, { digests: true }));
    const { value: result } = await ask(() => slice.at(block.index).decode());
    if (!json || !result) continue;
    requirePlain(where, json);
    requireEqual(
      `${where}: header`,
      { ...blockInfoJson(block), typeName: 0 },
      { ...pick(json, blockInfoJson(block)), typeName: 0 },
    );
    // A payload that is read piece by piece may be larger than the limit for one that is held as a whole.
    if (result.problem?.id === "CMP-LIMIT" || problemId(json) === "CMP-LIMIT") continue;
    requireEqual(`${where}: payload length`, json["payloadLength"], result.raw.length);
    requireEqual(`${where}: payload digest`, json["payloadBlake3"], hex(blake3(result.raw)));
    // A strict reader refuses a region at its first problem, but a block in memory only after finding all of them.
    if (!options.strict) requireEqual(`${where}: problem`, problemId(json), result.problem?.id);
    if (!options.strict) {
      requireEqual(`${where}: deviations`, json["deviations"] ?? [], deviationsOf(result));
    }
    requireEqual(`${where}: payload or problem`, json["payload"] === undefined, result.payload === undefined);
    comparePageData(where, json, result);
  }
}

function comparePageData(where: string, json: JsonObject, { payload }: BlockResult): void {
  const region = json["payload"];
  if (payload?.kind !== "MemoryRegion" || !isObject(region)) return;
  requireEqual(`${where}: page data`, region["pageDataBlake3"], hex(blake3(payload.pageData)));
  requireEqual(`${where}: captured bytes`, region["capturedBytes"], String(payload.pageData.length));
}

function deviationsOf({ deviations }: BlockResult): JsonObject[] {
  return deviations.map(({ id, message, offset, field, bytes }) => ({
    id,
    message,
    offset,
    ...(field === undefined ? {} : { field }),
    ...(bytes === undefined ? {} : { bytes: Buffer.from(bytes).toString("hex") }),
  }));
}

function problemId(json: JsonObject): unknown {
  const problem = json["problem"];
  return isObject(problem) ? problem["id"] : undefined;
}

function pick(json: JsonObject, like: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(like).map((key) => [key, json[key] ?? null]));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hex(bytes: Uint8Array): string {
  require("digest of 32 bytes", bytes.length === 32);
  return Buffer.from(bytes).toString("hex");
}

/** Checks that JSON text can represent the value completely: no undefined, no NaN, only plain objects. */
export function requirePlain(what: string, value: unknown): void {
  if (typeof value === "object" && value !== null) {
    require(`${what} is a plain object`, Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);
    for (const [key, part] of Object.entries(value)) requirePlain(`${what}.${key}`, part);
  } else {
    require(`${what} is a JSON value: ${String(value)}`, isJsonPrimitive(value));
  }
}

/**
 * Checks that `JSON.stringify` accepts the value, and that parsing and serialising the text again gives the same text. Returns the
 * parsed value.
 */
export function requireSerialises(what: string, value: unknown): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    require(`${what} as JSON: ${String(error)}`, false);
  }
  const read: unknown = JSON.parse(text ?? "");
  requireEqual(`${what} as JSON, read and written again`, text, JSON.stringify(read));
  return read;
}

function isJsonPrimitive(value: unknown): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}
