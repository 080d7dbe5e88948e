/**
 * Encodes a value by a layout table, the way back of decode.ts. Lengths and counts are derived, reserved bytes and padding are zero.
 * Only the table knows offsets; this file only knows kinds of fields. An encoder is made once for each table.
 */

import { ownBytes, startsWith } from "../../bytes.js";
import { isUint8Array } from "../../tags.js";
import { decodeLayout } from "./decode.js";
import { EncodeBuffer, EncodePath, isCount } from "./encode-buffer.js";
import { type AnyField, type Encodable, type Layout, U64_MOST } from "./fields.js";

type Values = Readonly<Record<string, unknown>>;
type FieldOf<K extends AnyField["kind"]> = Extract<AnyField, { kind: K }>;

/**
 * Encodes a value whose fields are ordinary: of the types that the table wants, with short texts of ASCII characters and short blobs. False for another value,
 * which the encoder of the table encodes or refuses.
 */
export type StraightEncoder = (values: Values, output: EncodeBuffer) => boolean;

/** Appends one or more fields of `values` to the buffer. */
type Encoder = (values: Values, output: EncodeBuffer) => void;

/** The largest integers by their size in bytes. */
const UINT_MOST = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;
const ROW_TYPE_MOST = 0xff;
const ROW_LENGTH_SIZE = 2;

const encoders = new WeakMap<Layout, Encoder>();
/** The table that was asked for last, and its encoder: most blocks have the type of the block before. */
let lastTable: Layout | undefined;
let lastEncoder: Encoder | undefined;
/** Buffers that no call uses. Reading a value may run code of the caller that encodes another one. */
const idle: EncodeBuffer[] = [];

/** The bytes of `value`. Throws `bad-value` naming layout, field, value and what was expected. */
export function encodeLayout<L extends Layout>(table: L, value: Encodable<L>): Uint8Array {
  return withEncoded(table, value, ownBytes);
}

/**
 * Calls `use` with the bytes of `value`: a view that is valid until `use` returns. Throws like `encodeLayout`. `straight`: from payloads/straight-code.ts, for
 * a table that captures have very many of.
 */
export function withEncoded<L extends Layout, T>(
  table: L,
  value: Encodable<L>,
  use: (bytes: Uint8Array) => T,
  straight?: StraightEncoder,
): T {
  const output = idle.pop() ?? new EncodeBuffer();
  try {
    if (!straight?.(value as Values, output)) {
      // It may have encoded some fields.
      output.reset();
      encoderOf(table)(value as Values, output);
    }
    return use(output.view());
  } finally {
    if (output.reset()) idle.push(output);
  }
}

function encoderOf(table: Layout): Encoder {
  if (table === lastTable && lastEncoder) return lastEncoder;
  const scope = { path: new EncodePath(table.name), variables: { count: 0 } };
  const encoder = encoders.get(table) ?? fieldsEncoder(table.fields, scope);
  encoders.set(table, encoder);
  lastTable = table;
  lastEncoder = encoder;
  return encoder;
}

interface Scope {
  /** The place of the fields in a value. */
  readonly path: EncodePath;
  /** Texts and blobs of the whole table so far, those of its entries included. */
  readonly variables: { count: number };
}

/** The length field of a text or blob, which is written before the length is known. */
interface LengthField {
  readonly field: FieldOf<"length">;
  /** Where `EncodeBuffer.lengthsAt` has its offset. */
  readonly slot: number;
}

function fieldsEncoder(fields: readonly AnyField[], scope: Scope): Encoder {
  const lengths = new Map<string, LengthField>();
  for (const field of fields) if (field.kind === "length") lengths.set(field.of, { field, slot: scope.variables.count++ });
  const parts = fields.map((field) => fieldEncoder(field, fields, lengths, scope));
  return (values, output) => {
    for (let i = 0; i < parts.length; i++) parts[i]?.(values, output);
  };
}

function fieldEncoder(
  field: AnyField,
  siblings: readonly AnyField[],
  lengths: ReadonlyMap<string, LengthField>,
  scope: Scope,
): Encoder {
  const { name } = field;
  const path = scope.path.field(name);
  switch (field.kind) {
    case "uint":
      return uintEncoder(field, siblings, scope);
    case "flag":
      return (values, output) => {
        const value = values[name];
        if (typeof value !== "boolean") throw path.refuse(value, "true or false", output.positions);
        output.uint(Number(value), 1);
      };
    case "u64":
      return (values, output) => {
        const value = values[name];
        if (typeof value !== "bigint" || value < 0n || value > U64_MOST)
          throw path.refuse(value, `a bigint from 0 to ${U64_MOST}`, output.positions);
        output.u64(value);
      };
    case "uuid":
      return (values, output) => {
        const value = values[name];
        if (typeof value !== "string" || !output.uuid(value))
          throw path.refuse(value, "a UUID such as 00112233-4455-4677-8899-aabbccddeeff", output.positions);
      };
    case "bytes":
      return bytesEncoder(field, path);
    case "zeros":
      return (_, output) => output.zeros(field.size);
    case "length": {
      const slot = lengths.get(field.of)?.slot ?? 0;
      return (_, output) => {
        output.lengthsAt[slot] = output.length;
        output.uint(0, field.size);
      };
    }
    case "text":
    case "blob":
    case "slot":
      return variableEncoder(field, lengths.get(name), scope);
    case "tightText":
      return (values, output) => {
        const at = output.length;
        output.uint(0, 2);
        const value = values[name];
        if (value !== undefined) appendText(value, output, path);
        output.uintAt(at, requireLength(output.length - at - 2, 2, path, output), 2);
      };
    case "entries":
      return entriesEncoder(field, scope);
    case "rows":
      return rowsEncoder(field, scope);
    case "optional":
      return optionalEncoder(field, scope);
  }
}

/** A code may be given by its registered name. A count is that of its list; if it is given, it must be the number of entries. */
function uintEncoder({ name, size, codes }: FieldOf<"uint">, siblings: readonly AnyField[], scope: Scope): Encoder {
  const path = scope.path.field(name);
  const most = UINT_MOST[size];
  if (codes)
    return (values, output) => {
      const value = values[name];
      output.uint(isCount(value, most) ? value : path.codeNumber(codes, value, output.positions), size);
    };
  const expected = `an integer from 0 to ${most}`;
  const list = siblings.find((field) => counterOf(field) === name);
  const listPath = scope.path.field(list?.name ?? "");
  return (values, output) => {
    let value = values[name];
    if (list) {
      const { length } = requireList(values[list.name], listPath, output);
      if (value !== undefined && value !== length)
        throw path.refuse(value, `${length}, the length of ${list.name}`, output.positions);
      value = length;
    }
    if (!isCount(value, most)) throw path.refuse(value, expected, output.positions);
    output.uint(value, size);
  };
}

function counterOf(field: AnyField): string | undefined {
  if (field.kind === "entries") return field.rule.count;
  return field.kind === "rows" ? field.count : undefined;
}

function bytesEncoder({ name, size, absent }: FieldOf<"bytes">, path: EncodePath): Encoder {
  return (values, output) => {
    const value = values[name];
    if (absent && (value === undefined || value === null)) return output.zeros(size);
    if (!isUint8Array(value) || value.length !== size) throw path.refuse(value, `${size} bytes`, output.positions);
    output.bytes(value);
  };
}

/** A text, a blob or a slot, whose length is written into its length field. A length that is given must be the length of the value. */
function variableEncoder(
  field: FieldOf<"text"> | FieldOf<"blob"> | FieldOf<"slot">,
  length: LengthField | undefined,
  scope: Scope,
): Encoder {
  const { name, kind } = field;
  const path = scope.path.field(name);
  const lengthPath = scope.path.field(length?.field.name ?? "");
  const padded = kind !== "slot" && field.storage === "padded";
  return (values, output) => {
    const start = output.length;
    const value = values[name] ?? undefined;
    if (kind === "text") {
      if (value !== undefined) appendText(value, output, path);
      // The length of a padded text counts one NUL; an empty text has none.
      if (padded && output.length > start) output.zeros(1);
    } else if (value !== undefined) {
      if (!isUint8Array(value)) throw path.refuse(value, "bytes", output.positions);
      if (kind === "slot" && value.length > field.size) throw path.refuse(value, `at most ${field.size} bytes`, output.positions);
      output.bytes(value);
    }
    const size = output.length - start;
    if (length) {
      requireLength(size, length.field.size, path, output);
      const given = length.field.shown ? values[length.field.name] : undefined;
      if (given !== undefined && given !== size)
        throw lengthPath.refuse(given, `${size}, the length of ${name}`, output.positions);
      output.uintAt(output.lengthsAt[length.slot] ?? 0, size, length.field.size);
    }
    if (kind === "slot") output.zeros(field.size - size);
    else if (padded) output.zeros(-size & 7);
  };
}

function entriesEncoder({ name, layout, rule }: FieldOf<"entries">, scope: Scope): Encoder {
  const path = scope.path.field(name);
  const entryPath = path.entry();
  const depth = scope.path.lists;
  const encodeEntry = fieldsEncoder(layout.fields, { ...scope, path: entryPath });
  return (values, output) => {
    const list = requireList(values[name], path, output);
    const stride = rule.stride === undefined ? 0 : Number(values[rule.stride]);
    for (let index = 0; index < list.length; index++) {
      const start = output.length;
      output.positions[depth] = index;
      encodeEntry(requireObject(list[index], entryPath, output), output);
      if (!(stride > 0)) continue;
      const size = output.length - start;
      if (size > stride)
        throw entryPath.fault(`takes ${size} bytes, expected at most ${stride} (${rule.stride})`, output.positions);
      output.zeros(stride - size);
    }
  };
}

function rowsEncoder({ name, bodies }: FieldOf<"rows">, scope: Scope): Encoder {
  const path = scope.path.field(name);
  const rowPath = path.entry();
  const typePath = rowPath.field("rowType");
  const depth = scope.path.lists;
  const ofType = new Map(
    Object.entries(bodies).map(([type, layout]) => [Number(type), rowEncoder(layout, { ...scope, path: rowPath })]),
  );
  const unknown = rowEncoder(undefined, { ...scope, path: rowPath });
  return (values, output) => {
    const list = requireList(values[name], path, output);
    for (let index = 0; index < list.length; index++) {
      output.positions[depth] = index;
      const row = requireObject(list[index], rowPath, output);
      const { rowType } = row;
      if (!isCount(rowType, ROW_TYPE_MOST)) throw typePath.refuse(rowType, `0 to ${ROW_TYPE_MOST}`, output.positions);
      output.uint(rowType, 1);
      const at = output.length;
      output.uint(0, ROW_LENGTH_SIZE);
      (ofType.get(rowType) ?? unknown)(row, output);
      output.uintAt(at, requireLength(output.length - at - ROW_LENGTH_SIZE, ROW_LENGTH_SIZE, rowPath, output), ROW_LENGTH_SIZE);
    }
  };
}

/** A row given as bytes is written as it is; a malformed row of a known type is refused. */
function rowEncoder(layout: Layout | undefined, scope: Scope): Encoder {
  const rawPath = scope.path.field("raw");
  const encodeFields = layout && fieldsEncoder(layout.fields, scope);
  return (row, output) => {
    const { ["raw"]: raw } = row;
    if (isUint8Array(raw)) {
      if (layout) requireRow(layout, raw, rawPath, output);
      return output.bytes(raw);
    }
    if (!encodeFields) throw rawPath.refuse(raw, "the bytes of a row whose type has no layout", output.positions);
    encodeFields(row, output);
  };
}

/** Throws `bad-value` for a row of a known type that is malformed, or whose texts no producer may write. */
function requireRow(layout: Layout, raw: Uint8Array, path: EncodePath, { positions }: EncodeBuffer): void {
  let odd: string | undefined;
  const { problem, value } = decodeLayout(layout, raw, ({ id, message }) => {
    if (id === "STR-UTF8" || id === "STR-NUL") odd ??= message;
  });
  const fault = problem?.message ?? odd;
  if (fault !== undefined) throw path.fault(`is no ${layout.name}: ${fault}`, positions);
  // Readers ignore a NUL at the end of a text, and bytes behind the fields, so a row with either decodes; 1.1 writes neither.
  const written = encodeLayout(layout, value as Values);
  if (!startsWith(raw, written)) throw path.fault(`is no ${layout.name} as 1.1 writes it: a text ends in a NUL`, positions);
}

/** Whether an optional group is written: always, where its absence is a deviation; otherwise where one of its fields has a value. */
function optionalEncoder({ fields, rule }: FieldOf<"optional">, scope: Scope): Encoder {
  const encodeFields = fieldsEncoder(fields, scope);
  const names = fields.flatMap(({ kind, name }) => (kind === "zeros" || kind === "length" ? [] : [name]));
  const path = scope.path.field(names.join(", "));
  const always = rule.missing !== undefined;
  return (values, output) => {
    const start = output.length;
    const written = always || fields.some(({ name }) => (values[name] ?? undefined) !== undefined);
    if (written) encodeFields(values, output);
    // Earlier fields tell readers whether the group is there: they must agree with the value.
    const seen = rule.when?.(output.view(start), values) ?? written;
    if (seen === written) return;
    const fault = `${written ? "given" : "missing"}, but the fields before say ${written ? "none" : "there is one"}`;
    throw path.fault(fault, output.positions);
  };
}

function appendText(value: unknown, output: EncodeBuffer, path: EncodePath): void {
  if (typeof value !== "string") throw path.refuse(value, "text", output.positions);
  output.text(value, path);
}

function requireLength(length: number, size: 1 | 2 | 4, path: EncodePath, { positions }: EncodeBuffer): number {
  const most = UINT_MOST[size];
  if (length > most) throw path.fault(`takes ${length} bytes, expected at most ${most}`, positions);
  return length;
}

function requireList(value: unknown, path: EncodePath, { positions }: EncodeBuffer): readonly unknown[] {
  if (!Array.isArray(value)) throw path.refuse(value, "a list", positions);
  return value;
}

function requireObject(value: unknown, path: EncodePath, { positions }: EncodeBuffer): Values {
  if (typeof value !== "object" || value === null) throw path.refuse(value, "an object", positions);
  return value as Values;
}
