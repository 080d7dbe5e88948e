/**
 * Encodes a value by a layout table, the way back of decode.ts. Lengths and counts are derived, reserved bytes and padding are zero.
 * Only the table knows offsets; this file only knows kinds of fields.
 */

import { startsWith } from "../../bytes.js";
import { isUint8Array } from "../../tags.js";
import { decodeLayout } from "./decode.js";
import { EncodeBuffer, EncodePath, terminatedBytes, textBytes } from "./encode-buffer.js";
import type { AnyField, Encodable, Layout } from "./fields.js";
import { uuidBytes } from "./uuid-text.js";

type Values = Readonly<Record<string, unknown>>;
type FieldOf<K extends AnyField["kind"]> = Extract<AnyField, { kind: K }>;

const U64_MOST = (1n << 64n) - 1n;
const ROW_TYPE_MOST = 0xff;
const ROW_LENGTH_MOST = 0xffff;

/** The bytes of `value`. Throws `bad-value` naming layout, field, value and what was expected. */
export function encodeLayout<L extends Layout>(table: L, value: Encodable<L>): Uint8Array {
  const output = new EncodeBuffer();
  encodeFields(table.fields, value as Values, output, new EncodePath(table.name));
  return output.view();
}

/** The bytes of variable fields, which are encoded before their lengths are written. */
type Variable = ReadonlyMap<string, Uint8Array>;

function encodeFields(fields: readonly AnyField[], values: Values, output: EncodeBuffer, path: EncodePath): void {
  const given: Given = { values: withCounts(fields, values, path), variable: variableBytes(fields, values, path) };
  for (const field of fields) encodeField(field, given, output, path);
}

interface Given {
  readonly values: Values;
  readonly variable: Variable;
}

function encodeField(field: AnyField, { values, variable }: Given, output: EncodeBuffer, path: EncodePath): void {
  const value = values[field.name];
  const at = path.field(field.name);
  switch (field.kind) {
    case "uint":
      output.uint(requireUint(value, field.size, at), field.size);
      break;
    case "flag":
      if (typeof value !== "boolean") throw at.refuse(value, "true or false");
      output.uint(Number(value), 1);
      break;
    case "u64":
      output.u64(requireU64(value, at));
      break;
    case "uuid":
      output.bytes(requireUuid(value, at));
      break;
    case "bytes":
      if (field.absent && (value === undefined || value === null)) output.zeros(field.size);
      else output.bytes(requireBytes(value, field.size, at));
      break;
    case "zeros":
      output.zeros(field.size);
      break;
    case "length": {
      const length = requireLength(variable.get(field.of)?.length ?? 0, field.size, path.field(field.of));
      if (field.shown && value !== undefined && value !== length) throw at.refuse(value, `${length}, the length of ${field.of}`);
      output.uint(length, field.size);
      break;
    }
    case "text":
    case "blob":
      encodeStored(variable.get(field.name), field.storage === "padded", output);
      break;
    case "slot":
      encodeSlot(variable.get(field.name), field.size, output, at);
      break;
    case "tightText": {
      const text = textBytes(value, at);
      output.uint(requireLength(text.length, 2, at), 2);
      output.bytes(text);
      break;
    }
    case "entries":
      encodeEntries(field, values, output, at);
      break;
    case "rows":
      encodeRows(field, values, output, at);
      break;
    case "optional":
      encodeOptional(field, values, output, path);
      break;
  }
}

/** The values with the counts of their lists. A count that is given must be the number of entries of its list. */
function withCounts(fields: readonly AnyField[], values: Values, path: EncodePath): Values {
  let counted = values;
  for (const field of fields) {
    const counter = field.kind === "entries" ? field.rule.count : field.kind === "rows" ? field.count : undefined;
    if (counter === undefined) continue;
    const { length } = requireList(values[field.name], path.field(field.name));
    const given = values[counter];
    if (given !== undefined && given !== length)
      throw path.field(counter).refuse(given, `${length}, the length of ${field.name}`);
    counted = { ...counted, [counter]: length };
  }
  return counted;
}

function variableBytes(fields: readonly AnyField[], values: Values, path: EncodePath): Variable {
  const variable = new Map<string, Uint8Array>();
  for (const field of fields) {
    const value = values[field.name] ?? undefined;
    const at = path.field(field.name);
    if (field.kind === "text") {
      variable.set(field.name, field.storage === "padded" ? terminatedBytes(value, at) : textBytes(value, at));
    } else if (field.kind === "blob" || field.kind === "slot") {
      if (value !== undefined && !isUint8Array(value)) throw at.refuse(value, "bytes");
      variable.set(field.name, value ?? new Uint8Array(0));
    }
  }
  return variable;
}

function encodeStored(stored: Uint8Array = new Uint8Array(0), padded: boolean, output: EncodeBuffer): void {
  output.bytes(stored);
  if (padded) output.zeros((8 - (stored.length % 8)) % 8);
}

function encodeSlot(stored: Uint8Array = new Uint8Array(0), size: number, output: EncodeBuffer, path: EncodePath): void {
  if (stored.length > size) throw path.refuse(stored, `at most ${size} bytes`);
  output.bytes(stored);
  output.zeros(size - stored.length);
}

function encodeEntries({ name, layout, rule }: FieldOf<"entries">, values: Values, output: EncodeBuffer, path: EncodePath): void {
  const stride = rule.stride === undefined ? 0 : Number(values[rule.stride]);
  for (const [index, entry] of requireList(values[name], path).entries()) {
    const start = output.length;
    const at = path.entry(index);
    encodeFields(layout.fields, requireObject(entry, at), output, at);
    const size = output.length - start;
    if (stride > 0 && size > stride) throw at.fault(`takes ${size} bytes, expected at most ${stride} (${rule.stride})`);
    if (stride > 0) output.zeros(stride - size);
  }
}

function encodeRows({ name, bodies }: FieldOf<"rows">, values: Values, output: EncodeBuffer, path: EncodePath): void {
  for (const [index, given] of requireList(values[name], path).entries()) {
    const at = path.entry(index);
    const row = requireObject(given, at);
    const { rowType } = row;
    if (!isCount(rowType, ROW_TYPE_MOST)) throw at.field("rowType").refuse(rowType, `0 to ${ROW_TYPE_MOST}`);
    const body = rowBody(bodies[rowType], row, at);
    if (body.length > ROW_LENGTH_MOST) throw at.fault(`takes ${body.length} bytes, expected at most ${ROW_LENGTH_MOST}`);
    output.uint(rowType, 1);
    output.uint(body.length, 2);
    output.bytes(body);
  }
}

/** A row given as bytes is written as it is; a malformed row of a known type is refused. */
function rowBody(layout: Layout | undefined, row: Values, path: EncodePath): Uint8Array {
  const { ["raw"]: raw } = row;
  if (isUint8Array(raw)) {
    if (layout) requireRow(layout, raw, path.field("raw"));
    return raw;
  }
  if (!layout) throw path.field("raw").refuse(raw, "the bytes of a row whose type has no layout");
  const output = new EncodeBuffer();
  encodeFields(layout.fields, row, output, path);
  return output.view();
}

/** Throws `bad-value` for a row of a known type that is malformed, or whose texts no producer may write. */
function requireRow(layout: Layout, raw: Uint8Array, path: EncodePath): void {
  let odd: string | undefined;
  const { problem, value } = decodeLayout(layout, raw, ({ id, message }) => {
    if (id === "STR-UTF8" || id === "STR-NUL") odd ??= message;
  });
  const fault = problem?.message ?? odd;
  if (fault !== undefined) throw path.fault(`is no ${layout.name}: ${fault}`);
  // Readers ignore a NUL at the end of a text, and bytes behind the fields, so a row with either decodes; 1.1 writes neither.
  const written = encodeLayout(layout, value as Values);
  if (!startsWith(raw, written)) throw path.fault(`is no ${layout.name} as 1.1 writes it: a text ends in a NUL`);
}

/** Whether an optional group is written: always, where its absence is a deviation; otherwise where one of its fields has a value. */
function encodeOptional({ fields, rule }: FieldOf<"optional">, values: Values, output: EncodeBuffer, path: EncodePath): void {
  const start = output.length;
  const given = fields.filter(({ name }) => (values[name] ?? undefined) !== undefined);
  const written = rule.missing !== undefined || given.length > 0;
  if (written) encodeFields(fields, values, output, path);
  // Earlier fields tell readers whether the group is there: they must agree with the value.
  const seen = rule.when?.(output.view(start), values) ?? written;
  if (seen === written) return;
  const names = fields.flatMap(({ kind, name }) => (kind === "zeros" || kind === "length" ? [] : [name]));
  throw path
    .field(names.join(", "))
    .fault(`${written ? "given" : "missing"}, but the fields before say ${written ? "none" : "there is one"}`);
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}

function requireUint(value: unknown, size: 1 | 2 | 4, path: EncodePath): number {
  const most = 2 ** (8 * size) - 1;
  if (!isCount(value, most)) throw path.refuse(value, `an integer from 0 to ${most}`);
  return value;
}

function requireU64(value: unknown, path: EncodePath): bigint {
  if (typeof value !== "bigint" || value < 0n || value > U64_MOST) throw path.refuse(value, `a bigint from 0 to ${U64_MOST}`);
  return value;
}

function requireLength(length: number, size: 1 | 2 | 4, path: EncodePath): number {
  const most = 2 ** (8 * size) - 1;
  if (length > most) throw path.fault(`takes ${length} bytes, expected at most ${most}`);
  return length;
}

function requireUuid(value: unknown, path: EncodePath): Uint8Array {
  const bytes = typeof value === "string" ? uuidBytes(value) : undefined;
  if (!bytes) throw path.refuse(value, "a UUID such as 00112233-4455-4677-8899-aabbccddeeff");
  return bytes;
}

function requireBytes(value: unknown, size: number, path: EncodePath): Uint8Array {
  if (!isUint8Array(value) || value.length !== size) throw path.refuse(value, `${size} bytes`);
  return value;
}

function requireList(value: unknown, path: EncodePath): readonly unknown[] {
  if (!Array.isArray(value)) throw path.refuse(value, "a list");
  return value;
}

function requireObject(value: unknown, path: EncodePath): Values {
  if (typeof value !== "object" || value === null) throw path.refuse(value, "an object");
  return value as Values;
}
