/** Decodes bytes by a layout table. Only the table knows offsets; this file only knows kinds of fields. */
import type { LintId } from "../../lint/catalogue.js";
import type { Report } from "../../lint/deviation.js";
import { codeName } from "../codes.js";
import { Cursor, PayloadProblem } from "./cursor.js";
import { type AnyField, type Decoded, type Layout, minimumSize } from "./fields.js";
import { storedText } from "./stored-text.js";
import { uuidText } from "./uuid-text.js";

export interface Problem {
  readonly id: LintId;
  readonly message: string;
  /** Bytes from the start of the payload. */
  readonly at: number;
}

export type DecodeResult<T> =
  | { readonly value: T; readonly size: number; readonly problem?: undefined; readonly partial?: undefined }
  /** `partial`: the fields and the complete entries before the fault. */
  | { readonly value?: undefined; readonly partial: Partial<T>; readonly problem: Problem };

/** Decodes the structured part at the start of `bytes`; `size` is where it ends. Views, not copies, are returned for bytes. */
export function decodeLayout<L extends Layout>(table: L, bytes: Uint8Array, report: Report): DecodeResult<Decoded<L>> {
  const values: Record<string, unknown> = {};
  try {
    const cursor = new Cursor(bytes);
    requireMinimum(table, cursor);
    decodeFields(table.fields, cursor, values, report);
    return { value: values as Decoded<L>, size: cursor.at };
  } catch (error) {
    if (!(error instanceof PayloadProblem)) throw error;
    return { partial: values as Partial<Decoded<L>>, problem: { id: error.id, message: error.message, at: error.at } };
  }
}

function requireMinimum(table: Layout, cursor: Cursor): void {
  if (cursor.remaining >= table.minimumSize) return;
  throw new PayloadProblem(
    "STR-OVERRUN",
    cursor.at,
    table.name,
    `${table.name} needs at least ${table.minimumSize} bytes, found ${cursor.remaining}`,
  );
}

function decodeFields(fields: readonly AnyField[], cursor: Cursor, values: Record<string, unknown>, report: Report): void {
  const lengths = new Map<string, number>();
  for (const field of fields) {
    switch (field.kind) {
      case "uint": {
        const value = cursor.uint(field.size, field.name);
        values[field.name] = value;
        if (field.codes) values[`${field.name}Name`] = codeName(field.codes, value);
        break;
      }
      case "u64":
        values[field.name] = cursor.u64(field.name);
        break;
      case "uuid":
        values[field.name] = uuidText(cursor.take(16, field.name));
        break;
      case "bytes":
        values[field.name] = cursor.take(field.size, field.name);
        break;
      case "zeros":
        skipReserved(field.size, cursor, report);
        break;
      case "length":
        lengths.set(field.of, cursor.uint(field.size, field.name));
        break;
      case "text": {
        const at = cursor.at;
        const stored = takeStored(field.name, lengths.get(field.name) ?? 0, field.storage === "padded", cursor, report);
        values[field.name] = storedText(stored, field.storage === "padded", at, field.name, report);
        break;
      }
      case "blob":
        values[field.name] = takeStored(field.name, lengths.get(field.name) ?? 0, field.storage === "padded", cursor, report);
        break;
      case "entries":
        decodeEntries(field, Number(values[field.count]), cursor, values, report);
        break;
      case "optional":
        decodeOptional(field, cursor, values, report);
        break;
    }
  }
}

function skipReserved(size: number, cursor: Cursor, report: Report): void {
  const at = cursor.at;
  const reserved = cursor.take(size, "reserved");
  if (reserved.some((byte) => byte !== 0)) {
    report({
      id: "PAY-RESERVED",
      message: `${size} reserved bytes at payload offset ${at} are not zero`,
      offset: at,
      field: "reserved",
    });
  }
}

/** `length` bytes and, if padded, the zeros up to the next multiple of 8. Padding cut off by the payload's end is tolerated. */
function takeStored(name: string, length: number, padded: boolean, cursor: Cursor, report: Report): Uint8Array {
  const stored = cursor.take(length, name);
  if (!padded) return stored;
  const at = cursor.at;
  const wanted = (8 - (length % 8)) % 8;
  const padding = cursor.take(Math.min(wanted, cursor.remaining), name);
  if (padding.length < wanted || padding.some((byte) => byte !== 0)) {
    const what = padding.length < wanted ? `is cut to ${padding.length} of ${wanted} bytes` : "is not zero";
    report({ id: "STR-PAD", message: `The padding after ${name} at payload offset ${at} ${what}`, offset: at, field: name });
  }
  return stored;
}

function decodeEntries(
  field: Extract<AnyField, { kind: "entries" }>,
  count: number,
  cursor: Cursor,
  values: Record<string, unknown>,
  report: Report,
): void {
  const list: Record<string, unknown>[] = [];
  values[field.name] = list;
  if (count > 0 && cursor.remaining === 0 && field.absent !== undefined) {
    report({
      id: field.absent,
      message: `${field.count} is ${count}, but the payload holds no entries`,
      offset: cursor.at,
      field: field.name,
    });
    return;
  }
  const most = Math.floor(cursor.remaining / field.layout.minimumSize);
  for (let i = 0; i < Math.min(count, most); i++) {
    const entry: Record<string, unknown> = {};
    decodeFields(field.layout.fields, cursor, entry, report);
    list.push(entry);
  }
  if (count > most) {
    throw new PayloadProblem(
      "STR-OVERRUN",
      cursor.at,
      field.count,
      `${field.count} is ${count}, but the payload has room for at most ${most} entries of ${field.layout.minimumSize} bytes`,
    );
  }
}

function decodeOptional(
  field: Extract<AnyField, { kind: "optional" }>,
  cursor: Cursor,
  values: Record<string, unknown>,
  report: Report,
): void {
  const at = cursor.at;
  const there = cursor.remaining >= minimumSize(field.fields);
  const id = there ? field.lint.present : field.lint.missing;
  if (id !== undefined) {
    const names = field.fields.map((part) => part.name).join(", ");
    report({ id, message: `${names} ${there ? "found" : "missing"} at payload offset ${at}`, offset: at, field: field.name });
  }
  if (there) decodeFields(field.fields, cursor, values, report);
  else Object.assign(values, field.absent);
}
