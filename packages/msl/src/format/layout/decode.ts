/** Decodes bytes by a layout table. Only the table knows offsets; this file only knows kinds of fields. */

import type { LintId } from "../../deviations/catalogue.js";
import type { Report } from "../../deviations/deviation.js";
import { shownAsRow, shownByTable } from "../../json/layout-json.js";
import { ENTRIES_PER_YIELD, runAtOnce, type SlicedWork, UNITS_PER_ENTRY } from "../../sliced-work.js";
import { codeName } from "../codes.js";
import { Cursor, PayloadProblem, skipReserved, storedText, takeSlot, takeStored, tightTextValue } from "./cursor.js";
import { type AnyField, type Decoded, type Layout, minimumSize } from "./fields.js";
import { uuidText } from "./uuid-text.js";

/** Why a payload cannot be decoded. */
export interface Problem {
  /** Id of the deviation, as in docs/deviations.md. */
  readonly id: LintId;
  /** What was found and what was expected, as a sentence. */
  readonly message: string;
  /** Bytes from the start of the payload, decompressed if it was compressed. */
  readonly at: number;
}

export type DecodeResult<T> =
  | { readonly value: T; readonly size: number; readonly problem?: undefined; readonly partial?: undefined }
  /** `partial`: the fields and the complete entries before the fault. */
  | { readonly value?: undefined; readonly partial: Partial<T>; readonly problem: Problem };

/** Order of the bytes of integers; `big` in drafts of 1.0 only. UUIDs, hashes, maps and page data have no order. */
export type ByteOrder = "little" | "big";

export interface LayoutRules {
  /** Default: little. */
  readonly byteOrder?: ByteOrder | undefined;
  /** Most entries that a list may have; a longer list is a problem. Default: no limit. */
  readonly entryLimit?: number | undefined;
}

type Values = Record<string, unknown>;
type FieldOf<K extends AnyField["kind"]> = Extract<AnyField, { kind: K }>;

/** Decodes the structured part at the start of `bytes`; `size` is where it ends. Views, not copies, are returned for bytes. */
export function decodeLayout<L extends Layout>(
  table: L,
  bytes: Uint8Array,
  report: Report,
  rules?: LayoutRules,
): DecodeResult<Decoded<L>> {
  return runAtOnce(decodeLayoutWork(table, bytes, report, rules));
}

/** The same in slices: a capture decides how many entries the lists of a payload have. */
export function* decodeLayoutWork<L extends Layout>(
  table: L,
  bytes: Uint8Array,
  report: Report,
  { byteOrder = "little", entryLimit = Number.POSITIVE_INFINITY }: LayoutRules = {},
): SlicedWork<DecodeResult<Decoded<L>>> {
  const values: Values = shownByTable(table)({});
  try {
    const cursor = new Cursor(bytes, { littleEndian: byteOrder === "little", entryLimit });
    requireMinimum(table, cursor);
    yield* fieldsWork(table.fields, cursor, values, report);
    return { value: values as Decoded<L>, size: cursor.at };
  } catch (error) {
    if (!(error instanceof PayloadProblem)) throw error;
    return { partial: values as Partial<Decoded<L>>, problem: { id: error.id, message: error.message, at: error.at } };
  }
}

function requireMinimum(table: Layout, cursor: Cursor): void {
  if (cursor.remaining >= table.minimumSize) return;
  const message = `${table.name} needs at least ${table.minimumSize} bytes, found ${cursor.remaining}`;
  throw new PayloadProblem("STR-OVERRUN", cursor.at, table.name, message);
}

type Lengths = Map<string, number>;

function* fieldsWork(fields: readonly AnyField[], cursor: Cursor, values: Values, report: Report): SlicedWork<void> {
  const lengths: Lengths = new Map();
  for (const field of fields) {
    const list = decodeField(field, lengths, cursor, values, report);
    if (list) yield* list;
  }
}

/** Decodes an entry or row, which is small and holds no list. */
function decodeFields(fields: readonly AnyField[], cursor: Cursor, values: Values, report: Report): void {
  const lengths: Lengths = new Map();
  for (const field of fields) {
    const list = decodeField(field, lengths, cursor, values, report);
    if (list) runAtOnce(list);
  }
}

/** `lengths`: the lengths of texts and blobs by name, from earlier fields. Returns the work that is left for lists and for groups that may hold a list. */
function decodeField(
  field: AnyField,
  lengths: Lengths,
  cursor: Cursor,
  values: Values,
  report: Report,
): SlicedWork<void> | undefined {
  const { name } = field;
  switch (field.kind) {
    case "length":
      decodeLength(field, lengths, cursor, values);
      break;
    case "uint":
      decodeUint(field, cursor, values, report);
      break;
    case "flag":
      values[name] = cursor.uint(1, name) !== 0;
      break;
    case "u64":
      values[name] = cursor.u64(name);
      break;
    case "uuid":
      values[name] = uuidText(cursor.take(16, name));
      break;
    case "bytes":
      values[name] = cursor.take(field.size, name);
      break;
    case "zeros":
      skipReserved(field.size, cursor, report);
      break;
    case "text": {
      const at = cursor.at;
      const padded = field.storage === "padded";
      values[name] = storedText(takeStored(name, lengths.get(name) ?? 0, padded, cursor, report), padded, at, name, report);
      break;
    }
    case "tightText":
      values[name] = tightTextValue(cursor, name, report);
      break;
    case "blob":
      values[name] = takeStored(name, lengths.get(name) ?? 0, field.storage === "padded", cursor, report);
      break;
    case "slot":
      values[name] = takeSlot(name, lengths.get(name) ?? 0, field.size, cursor, report);
      break;
    case "entries":
      return entriesWork(field, cursor, values, report);
    case "rows":
      return rowsWork(field, cursor, values, report);
    case "optional":
      return optionalWork(field, cursor, values, report);
  }
  return undefined;
}

function decodeLength({ name, size, of, shown }: FieldOf<"length">, lengths: Lengths, cursor: Cursor, values: Values): void {
  const length = cursor.uint(size, name);
  lengths.set(of, length);
  if (shown) values[name] = length;
}

function decodeUint({ name, size, codes, limit }: FieldOf<"uint">, cursor: Cursor, values: Values, report: Report): void {
  const at = cursor.at;
  const value = cursor.uint(size, name);
  values[name] = value;
  if (codes) values[`${name}Name`] = codeName(codes, value);
  if (limit && value > limit.most) {
    report({
      id: limit.lint,
      message: `${name} at payload offset ${at} is ${value}, above ${limit.most}`,
      offset: at,
      field: name,
    });
  }
}

function* entriesWork(
  { name, layout, rule }: FieldOf<"entries">,
  cursor: Cursor,
  values: Values,
  report: Report,
): SlicedWork<void> {
  const list: Values[] = [];
  values[name] = list;
  const count = rule.count === undefined ? undefined : Number(values[rule.count]);
  const stride = rule.stride === undefined ? 0 : Number(values[rule.stride]);
  if (count !== undefined && count > 0 && cursor.remaining === 0 && rule.absent !== undefined) {
    const message = `${rule.count} is ${count}, but the payload holds no entries`;
    report({ id: rule.absent, message, offset: cursor.at, field: name });
    return;
  }
  const least = requireStride(stride, layout, name, cursor);
  const most = Math.floor(cursor.remaining / least);
  for (let i = 0; i < Math.min(count ?? most, most) && (count !== undefined || !endsHere(cursor, layout)); i++) {
    requireBelowLimit(list, name, cursor);
    const entry: Values = shownByTable(layout)({});
    decodeFields(layout.fields, stride > 0 ? cursor.part(stride, name) : cursor, entry, report);
    if (list.push(entry) % ENTRIES_PER_YIELD === 0) yield ENTRIES_PER_YIELD * UNITS_PER_ENTRY;
  }
  if (count !== undefined && count > most) {
    const message = `${rule.count} is ${count}, but the payload has room for at most ${most} entries of ${least} bytes`;
    throw new PayloadProblem("STR-OVERRUN", cursor.at, name, message);
  }
}

function requireBelowLimit({ length }: readonly Values[], name: string, { rules, at }: Cursor): void {
  if (length < rules.entryLimit) return;
  throw new PayloadProblem("CMP-LIMIT", at, name, `${name} goes on behind ${length} entries, which is the limit (entryLimit)`);
}

/** Bytes from one entry to the next, at least the fixed part of an entry: less would mean no progress. */
function requireStride(stride: number, layout: Layout, name: string, cursor: Cursor): number {
  if (stride === 0) return layout.minimumSize;
  if (stride >= layout.minimumSize) return stride;
  const message = `Entries of ${stride} bytes cannot hold a ${layout.name}, which has at least ${layout.minimumSize}`;
  throw new PayloadProblem("STR-OVERRUN", cursor.at, name, message);
}

/** Lists without a count end before their padding: where the next entry would begin with a u16 of 0, or does not fit. */
function endsHere(cursor: Cursor, layout: Layout): boolean {
  const [low, high] = cursor.rest;
  return cursor.remaining < layout.minimumSize || (low === 0 && high === 0);
}

/** RowType and RowLen. */
export const ROW_HEAD_BYTES = 3;

function* rowsWork(
  { name, count: countField, bodies }: FieldOf<"rows">,
  cursor: Cursor,
  values: Values,
  report: Report,
): SlicedWork<void> {
  const list: Values[] = [];
  values[name] = list;
  const count = Number(values[countField]);
  for (let i = 0; i < count; i++) {
    if (cursor.remaining < ROW_HEAD_BYTES) {
      const message = `${countField} is ${count}, but the payload ends after ${i} rows`;
      throw new PayloadProblem("STR-OVERRUN", cursor.at, name, message);
    }
    requireBelowLimit(list, name, cursor);
    const rowType = cursor.uint(1, "rowType");
    const body = cursor.part(cursor.uint(2, "rowLen"), name);
    const layout = bodies[rowType];
    const row = shownAsRow(layout)({ rowType, ...decodeRow(layout, rowType, body, report) });
    if (list.push(row) % ENTRIES_PER_YIELD === 0) yield ENTRIES_PER_YIELD * UNITS_PER_ENTRY;
  }
}

/** Bytes behind the known fields belong to later versions of a row, and are ignored. */
function decodeRow(layout: Layout | undefined, rowType: number, body: Cursor, report: Report): Values {
  const start = body.at;
  const raw = body.rest;
  if (!layout) return { raw };
  const values: Values = {};
  try {
    decodeFields(layout.fields, body, values, report);
    return values;
  } catch (error) {
    if (!(error instanceof PayloadProblem)) throw error;
    report({
      id: "CON-ROW",
      message: `Row of type ${rowType} at payload offset ${start}: ${error.message}`,
      offset: start,
      field: error.field,
    });
    return { raw };
  }
}

function* optionalWork(
  { fields, absent, rule, name }: FieldOf<"optional">,
  cursor: Cursor,
  values: Values,
  report: Report,
): SlicedWork<void> {
  const at = cursor.at;
  const there = cursor.remaining >= minimumSize(fields) && (rule.when?.(cursor.rest, values) ?? true);
  const id = there ? rule.present : rule.missing;
  if (id !== undefined) {
    const names = fields.map((part) => part.name).join(", ");
    report({ id, message: `${names} ${there ? "found" : "missing"} at payload offset ${at}`, offset: at, field: name });
  }
  if (there) yield* fieldsWork(fields, cursor, values, report);
  else Object.assign(values, absent);
}
