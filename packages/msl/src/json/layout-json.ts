/**
 * Decoded payloads as plain JSON values, by the same tables that decoded them: addresses as 0x text, other u64 as decimal text,
 * bytes as hexadecimal, long blobs as their length and BLAKE3 digest.
 */
import { blake3 } from "@memslice/core-wasm";
import type { AnyField, Layout } from "../format/layout/fields.js";
import { hexText } from "../format/layout/uuid-text.js";

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Longest blob that is shown whole. */
const BLOB_SHOWN_WHOLE = 512;

export function addressJson(address: bigint): string {
  return `0x${address.toString(16)}`;
}

export function blobJson(bytes: Uint8Array): JsonValue {
  if (bytes.length <= BLOB_SHOWN_WHOLE) return { hex: hexText(bytes) };
  return { length: bytes.length, blake3: hexText(blake3(bytes)) };
}

/** The fields of `value` that its table knows, in the table's order; missing ones (of a partial value) are left out. */
export function layoutJson(table: Layout, value: Readonly<Record<string, unknown>>): { [key: string]: JsonValue } {
  const json: { [key: string]: JsonValue } = {};
  addFields(table.fields, value, json);
  return json;
}

function addFields(
  fields: readonly AnyField[],
  value: Readonly<Record<string, unknown>>,
  json: { [key: string]: JsonValue },
): void {
  for (const field of fields) {
    if (field.kind === "optional") {
      addFields(field.fields, value, json);
      continue;
    }
    const decoded = value[field.name];
    if (field.kind === "zeros" || field.kind === "length" || decoded === undefined) continue;
    json[field.name] = fieldJson(field, decoded);
    if (field.kind === "uint" && field.codes) json[`${field.name}Name`] = String(value[`${field.name}Name`]);
  }
}

function fieldJson(field: AnyField, decoded: unknown): JsonValue {
  if (decoded === null) return null;
  switch (field.kind) {
    case "uint":
      return Number(decoded);
    case "u64":
      return field.address ? addressJson(decoded as bigint) : String(decoded);
    case "bytes":
      return hexText(decoded as Uint8Array);
    case "blob":
      return blobJson(decoded as Uint8Array);
    case "entries":
      return (decoded as Record<string, unknown>[]).map((entry) => layoutJson(field.layout, entry));
    default:
      return String(decoded);
  }
}
