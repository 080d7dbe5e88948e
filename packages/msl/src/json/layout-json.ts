/**
 * Decoded payloads as plain JSON values, by the same tables that decoded them: addresses as 0x text, other u64 as decimal text,
 * bytes as hexadecimal, long blobs as their length and BLAKE3 digest.
 */
import { Blake3, blake3 } from "@memslice/core-wasm";
import type { AnyField, Layout } from "../format/layout/fields.js";
import { hexText } from "../format/layout/uuid-text.js";
import { ENTRIES_PER_YIELD, runAtOnce, type SlicedWork, UNITS_PER_ENTRY, UNITS_PER_YIELD } from "../sliced-work.js";
import { shownClass } from "./shown.js";

/** A value that JSON.stringify represents without loss: no bigint, no bytes. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** An object of JSON values. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Longest blob that is shown whole. */
const BLOB_SHOWN_WHOLE = 512;
/** Bytes that are hashed between two yields. */
const HASHED_AT_ONCE = 1024 * 1024;

/** An address as `0x` and lower-case hexadecimal digits. */
export function addressJson(address: bigint): string {
  return `0x${address.toString(16)}`;
}

/** Bytes as `{ hex }`; more than 512 as `{ length, blake3 }`. */
export function blobJson(bytes: Uint8Array): JsonValue {
  return runAtOnce(blobJsonWork(bytes));
}

/** `blobJson` in slices: a capture decides how long a blob is. */
export function* blobJsonWork(bytes: Uint8Array): SlicedWork<JsonValue> {
  if (bytes.length <= BLOB_SHOWN_WHOLE) return { hex: hexText(bytes) };
  return { length: bytes.length, blake3: yield* digestWork(bytes) };
}

/** BLAKE3 in hexadecimal. */
export function* digestWork(bytes: Uint8Array): SlicedWork<string> {
  if (bytes.length <= HASHED_AT_ONCE) return hexText(blake3(bytes));
  const hasher = new Blake3();
  try {
    for (let at = 0; at < bytes.length; at += HASHED_AT_ONCE) {
      hasher.update(bytes.subarray(at, at + HASHED_AT_ONCE));
      yield UNITS_PER_YIELD;
    }
    return hexText(hasher.digest());
  } finally {
    hasher.release();
  }
}

/** The fields of `value` that its table knows, in the table's order; missing ones (of a partial value) are left out. */
export function layoutJson(table: Layout, value: Values): { [key: string]: JsonValue } {
  return runAtOnce(layoutJsonWork(table, value));
}

/** `layoutJson` in slices: a capture decides how many entries the lists of a payload have. */
export function layoutJsonWork(table: Layout, value: Values): SlicedWork<{ [key: string]: JsonValue }> {
  return fieldsJson(table.fields, value, {});
}

/** A class of plain objects, which are made empty. */
export type ValuesClass = new () => Record<string, unknown>;

/** The values that the table decodes, which JSON and console.log show by its fields: `kind`, where they have one, and the fields. */
export function valuesOf(table: Layout): ValuesClass {
  return shownClass(table.name, (value: Values) => tableJson(table, value));
}

function tableJson(table: Layout, value: Values): JsonObject {
  const { ["kind"]: kind } = value;
  return { ...(typeof kind === "string" ? { kind } : {}), ...layoutJson(table, value) };
}

/** The class of the rows of a list, which are shown by the fields of `body`, or as bytes if `body` is undefined. */
export function rowsOf(body: Layout | undefined): ValuesClass {
  return shownClass(body?.name ?? "Row", (row: Values) => rowJson(body, row as RowValues));
}

/** `json`: the object that the fields are added to. */
function* fieldsJson(
  fields: readonly AnyField[],
  value: Values,
  json: { [key: string]: JsonValue },
): SlicedWork<{ [key: string]: JsonValue }> {
  for (const field of fields) {
    if (field.kind === "optional") {
      yield* fieldsJson(field.fields, value, json);
      continue;
    }
    const decoded = value[field.name];
    if (field.kind === "zeros" || decoded === undefined) continue;
    if (field.kind === "length" && !field.shown) continue;
    const long = decoded === null ? undefined : longFieldJson(field, decoded);
    json[field.kind === "blob" && field.hex ? `${field.name}Hex` : field.name] = long ? yield* long : fieldJson(field, decoded);
    if (field.kind === "uint" && field.codes) json[`${field.name}Name`] = String(value[`${field.name}Name`]);
  }
  return json;
}

type Values = Readonly<Record<string, unknown>>;
type RowValues = Values & { readonly rowType: number };

function rowJson(body: Layout | undefined, row: RowValues): JsonObject {
  const { rowType, ["raw"]: raw } = row;
  if (!body || raw instanceof Uint8Array) return { rowType, raw: blobJson(raw as Uint8Array) };
  return { rowType, rowTypeName: body.name, ...layoutJson(body, row) };
}

/** The work of a field whose length a capture decides; undefined for other fields. */
function longFieldJson(field: AnyField, decoded: unknown): SlicedWork<JsonValue> | undefined {
  switch (field.kind) {
    case "entries":
      return listJson(decoded as Values[], (entry) => layoutJson(field.layout, entry));
    case "rows":
      return listJson(decoded as RowValues[], (row) => rowJson(field.bodies[row.rowType], row));
    case "blob":
      return field.hex ? undefined : blobJsonWork(decoded as Uint8Array);
    default:
      return undefined;
  }
}

function* listJson<T>(entries: readonly T[], shown: (entry: T) => JsonValue): SlicedWork<JsonValue> {
  const list: JsonValue[] = [];
  for (const entry of entries) {
    if (list.push(shown(entry)) % ENTRIES_PER_YIELD === 0) yield ENTRIES_PER_YIELD * UNITS_PER_ENTRY;
  }
  return list;
}

function fieldJson(field: AnyField, decoded: unknown): JsonValue {
  if (decoded === null) return null;
  switch (field.kind) {
    case "uint":
    case "length":
      return Number(decoded);
    case "flag":
      return decoded === true;
    case "u64":
      return field.address ? addressJson(decoded as bigint) : String(decoded);
    case "bytes":
    case "slot":
    case "blob":
      return hexText(decoded as Uint8Array);
    default:
      return String(decoded);
  }
}
