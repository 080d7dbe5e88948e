/**
 * Decoded payloads as plain JSON values, by the same tables that decoded them: addresses as 0x text, other u64 as decimal text,
 * bytes as hexadecimal, long blobs as their length and BLAKE3 digest.
 */
import { blake3 } from "@memslice/core-wasm";
import type { AnyField, Layout } from "../format/layout/fields.js";
import { hexText } from "../format/layout/uuid-text.js";
import { shownAs } from "./shown.js";

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
export function layoutJson(table: Layout, value: Values): { [key: string]: JsonValue } {
  const json: { [key: string]: JsonValue } = {};
  addFields(table.fields, value, json);
  return json;
}

type ShownByTable = <V extends object>(value: V) => V;
const forms = new WeakMap<Layout, ShownByTable>();

/** Gives a value that the table decoded the form in which JSON and console.log show it: `kind`, where it has one, and its fields. */
export function shownByTable(table: Layout): ShownByTable {
  const known = forms.get(table);
  if (known) return known;
  const form = shownAs(table.name, (value: object) => tableJson(table, value as Values));
  forms.set(table, form);
  return form;
}

function tableJson(table: Layout, value: Values): JsonObject {
  const { ["kind"]: kind } = value;
  return { ...(typeof kind === "string" ? { kind } : {}), ...layoutJson(table, value) };
}

/** The same for a row; without a body that is known, for its bytes. */
export function shownAsRow(body: Layout | undefined): ShownByTable {
  return body ? (rowForms.get(body) ?? newRowForm(body)) : shownRawRow;
}

const rowForms = new WeakMap<Layout, ShownByTable>();
const shownRawRow = shownAs("Row", (row: object) => rowJson(undefined, row as RowValues));

function newRowForm(body: Layout): ShownByTable {
  const form = shownAs(body.name, (row: object) => rowJson(body, row as RowValues));
  rowForms.set(body, form);
  return form;
}

function addFields(fields: readonly AnyField[], value: Values, json: { [key: string]: JsonValue }): void {
  for (const field of fields) {
    if (field.kind === "optional") {
      addFields(field.fields, value, json);
      continue;
    }
    const decoded = value[field.name];
    if (field.kind === "zeros" || decoded === undefined) continue;
    if (field.kind === "length" && !field.shown) continue;
    json[field.kind === "blob" && field.hex ? `${field.name}Hex` : field.name] = fieldJson(field, decoded);
    if (field.kind === "uint" && field.codes) json[`${field.name}Name`] = String(value[`${field.name}Name`]);
  }
}

type Values = Readonly<Record<string, unknown>>;
type RowValues = Values & { readonly rowType: number };

function rowJson(body: Layout | undefined, row: RowValues): JsonObject {
  const { rowType, ["raw"]: raw } = row;
  if (!body || raw instanceof Uint8Array) return { rowType, raw: blobJson(raw as Uint8Array) };
  return { rowType, rowTypeName: body.name, ...layoutJson(body, row) };
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
      return hexText(decoded as Uint8Array);
    case "blob":
      return field.hex ? hexText(decoded as Uint8Array) : blobJson(decoded as Uint8Array);
    case "entries":
      return (decoded as Values[]).map((entry) => layoutJson(field.layout, entry));
    case "rows":
      return (decoded as RowValues[]).map((row) => rowJson(field.bodies[row.rowType], row));
    default:
      return String(decoded);
  }
}
