/**
 * A plain interpreter of layout tables: it looks at each field when it comes to it, and reads with DataView, slices and TextDecoder. Slow, and short
 * enough to be checked by reading; the decoders that the library makes of the tables have to agree with it.
 */
import type { LintId } from "../../src/deviations/catalogue.js";
import { codeName } from "../../src/format/codes.js";
import { type AnyField, type Layout, minimumSize } from "../../src/format/layout/fields.js";

type Values = Record<string, unknown>;

interface Found {
  readonly id: LintId;
  readonly message: string;
  readonly offset: number;
  readonly field: string;
  readonly bytes?: Uint8Array;
}

export interface PlainResult {
  readonly value?: Values;
  readonly size?: number;
  readonly partial?: Values;
  readonly problem?: { readonly id: LintId; readonly message: string; readonly at: number };
  readonly deviations: readonly Found[];
}

interface WithValues {
  readonly values?: unknown;
}

/** A result of the library without the values of its deviations and its problem, which the interpreter tells in messages only. The tests of lint hold them. */
export function withoutValues<
  R extends { readonly problem?: WithValues | undefined; readonly deviations: readonly WithValues[] },
>(result: R): object {
  const bare = ({ values: _, ...rest }: WithValues): object => rest;
  return { ...result, ...(result.problem && { problem: bare(result.problem) }), deviations: result.deviations.map(bare) };
}

class Fault extends Error {
  readonly id: LintId;
  readonly at: number;
  readonly field: string;

  constructor(id: LintId, at: number, field: string, message: string) {
    super(message);
    this.id = id;
    this.at = at;
    this.field = field;
  }
}

/** The part of a payload from `at` to `end`; offsets count from the start of the payload. */
interface Part {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly entryLimit: number;
  readonly deviations: Found[];
  readonly end: number;
  at: number;
}

export function decodePlainly(table: Layout, bytes: Uint8Array, littleEndian: boolean, entryLimit: number): PlainResult {
  const part: Part = { bytes, littleEndian, entryLimit, deviations: [], at: 0, end: bytes.length };
  const values: Values = {};
  try {
    if (bytes.length < table.minimumSize) {
      throw new Fault("STR-OVERRUN", 0, "", `${table.name} needs at least ${table.minimumSize} bytes, found ${bytes.length}`);
    }
    decodeFields(table.fields, part, values);
    return { value: values, size: part.at, deviations: part.deviations };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { id, message, at } = error;
    return { partial: values, problem: { id, message, at }, deviations: part.deviations };
  }
}

function decodeFields(fields: readonly AnyField[], part: Part, values: Values): void {
  const lengths: Record<string, number> = {};
  for (const field of fields) decodeField(field, lengths, part, values);
}

function decodeField(field: AnyField, lengths: Record<string, number>, part: Part, values: Values): void {
  const { name } = field;
  const { at } = part;
  const length = lengths[name] ?? 0;
  switch (field.kind) {
    case "length":
      lengths[field.of] = uint(part, field.size, name);
      if (field.shown) values[name] = lengths[field.of];
      break;
    case "uint": {
      const value = uint(part, field.size, name);
      values[name] = value;
      if (field.codes) values[`${name}Name`] = codeName(field.codes, value);
      if (field.limit && value > field.limit.most)
        found(part, field.limit.lint, `${name} at payload offset ${at} is ${value}, above ${field.limit.most}`, at, name);
      break;
    }
    case "flag":
      values[name] = uint(part, 1, name) !== 0;
      break;
    case "u64":
      values[name] = view(take(part, 8, name)).getBigUint64(0, part.littleEndian);
      break;
    case "uuid": {
      const digits = Buffer.from(take(part, 16, name)).toString("hex");
      values[name] = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
      break;
    }
    case "bytes":
      values[name] = take(part, field.size, name);
      break;
    case "zeros":
      if (take(part, field.size, name).some((byte) => byte !== 0))
        found(part, "PAY-RESERVED", `${field.size} reserved bytes at payload offset ${at} are not zero`, at, name);
      break;
    case "text": {
      const stored = field.storage === "padded" ? padded(part, length, name) : take(part, length, name);
      values[name] = stored.length === 0 ? "" : storedText(part, stored, field.storage === "padded", at, name);
      break;
    }
    case "tightText": {
      const size = uint(part, 2, name);
      const stored = take(part, size, name);
      const text = stored.at(-1) === 0 ? stored.subarray(0, -1) : stored;
      const nul = text.indexOf(0);
      if (nul >= 0) found(part, "STR-NUL", `${name} of ${size} bytes has a NUL at byte ${nul}, before its end`, at + 2, name);
      values[name] = utf8(part, nul < 0 ? text : text.subarray(0, nul), at + 2, name);
      break;
    }
    case "blob":
      values[name] = field.storage === "padded" ? padded(part, length, name) : take(part, length, name);
      break;
    case "slot": {
      const place = take(part, field.size, name);
      if (length > field.size) {
        const message = `${name} at payload offset ${at} has ${length} bytes in a place of ${field.size}`;
        found(part, "STR-OVERRUN", message, at, name);
      } else if (place.subarray(length).some((byte) => byte !== 0)) {
        found(part, "STR-PAD", `The padding after ${name} at payload offset ${at + length} is not zero`, at + length, name);
      }
      values[name] = place.subarray(0, length);
      break;
    }
    case "entries":
      decodeEntries(field, part, values);
      break;
    case "rows":
      decodeRows(field, part, values);
      break;
    case "optional": {
      const rest = part.bytes.subarray(at, part.end);
      const there = rest.length >= minimumSize(field.fields) && (field.rule.when?.(rest, values) ?? true);
      const id = there ? field.rule.present : field.rule.missing;
      const names = field.fields.map((inner) => inner.name).join(", ");
      if (id) found(part, id, `${names} ${there ? "found" : "missing"} at payload offset ${at}`, at, name);
      if (there) decodeFields(field.fields, part, values);
      else Object.assign(values, field.absent);
      break;
    }
  }
}

function decodeEntries({ name, layout, rule }: Extract<AnyField, { kind: "entries" }>, part: Part, values: Values): void {
  const list: Values[] = [];
  values[name] = list;
  const count = rule.count === undefined ? undefined : Number(values[rule.count]);
  const stride = rule.stride === undefined ? 0 : Number(values[rule.stride]);
  if (count !== undefined && count > 0 && part.at === part.end && rule.absent) {
    found(part, rule.absent, `${rule.count} is ${count}, but the payload holds no entries`, part.at, name);
    return;
  }
  if (stride > 0 && stride < layout.minimumSize) {
    const message = `Entries of ${stride} bytes cannot hold a ${layout.name}, which has at least ${layout.minimumSize}`;
    throw new Fault("STR-OVERRUN", part.at, name, message);
  }
  const least = stride || layout.minimumSize;
  const room = Math.floor((part.end - part.at) / least);
  for (let i = 0; i < Math.min(count ?? room, room); i++) {
    const isPadding = part.bytes[part.at] === 0 && part.bytes[part.at + 1] === 0;
    if (count === undefined && (part.end - part.at < least || isPadding)) break;
    requireBelowLimit(list, part, name);
    const entry: Values = {};
    if (stride > 0) decodeFields(layout.fields, inner(part, stride, name), entry);
    else decodeFields(layout.fields, part, entry);
    list.push(entry);
  }
  if (count === undefined || count <= room) return;
  const message = `${rule.count} is ${count}, but the payload has room for at most ${room} entries of ${least} bytes`;
  throw new Fault("STR-OVERRUN", part.at, name, message);
}

function decodeRows({ name, count: counter, bodies }: Extract<AnyField, { kind: "rows" }>, part: Part, values: Values): void {
  const list: Values[] = [];
  values[name] = list;
  const count = Number(values[counter]);
  for (let i = 0; i < count; i++) {
    if (part.end - part.at < 3) {
      throw new Fault("STR-OVERRUN", part.at, name, `${counter} is ${count}, but the payload ends after ${i} rows`);
    }
    requireBelowLimit(list, part, name);
    const rowType = uint(part, 1, "rowType");
    const body = inner(part, uint(part, 2, "rowLen"), name);
    const start = body.at;
    const raw = part.bytes.subarray(start, body.end);
    const row: Values = { rowType };
    const layout = bodies[rowType];
    try {
      if (layout) decodeFields(layout.fields, body, row);
      list.push(layout ? row : { rowType, raw });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      found(part, "CON-ROW", `Row of type ${rowType} at payload offset ${start}: ${error.message}`, start, error.field);
      list.push({ rowType, raw });
    }
  }
}

function requireBelowLimit({ length }: readonly Values[], { at, entryLimit }: Part, name: string): void {
  if (length < entryLimit) return;
  throw new Fault("CMP-LIMIT", at, name, `${name} goes on behind ${length} entries, which is the limit (entryLimit)`);
}

function found(part: Part, id: LintId, message: string, offset: number, field: string, bytes?: Uint8Array): void {
  part.deviations.push({ id, message, offset, field, ...(bytes ? { bytes } : {}) });
}

function take(part: Part, size: number, field: string): Uint8Array {
  const { at, end } = part;
  if (size > end - at) {
    const message = `${field} at payload offset ${at} needs ${size} bytes, but only ${end - at} are left`;
    throw new Fault("STR-OVERRUN", at, field, message);
  }
  part.at += size;
  return part.bytes.subarray(at, at + size);
}

/** The next `size` bytes as a part of their own, which `part` passes over. */
function inner(part: Part, size: number, field: string): Part {
  const { at } = part;
  take(part, size, field);
  return { ...part, at, end: at + size };
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function uint(part: Part, size: 1 | 2 | 4, field: string): number {
  const data = view(take(part, size, field));
  if (size === 1) return data.getUint8(0);
  return size === 2 ? data.getUint16(0, part.littleEndian) : data.getUint32(0, part.littleEndian);
}

function padded(part: Part, length: number, name: string): Uint8Array {
  const stored = take(part, length, name);
  const { at } = part;
  const wanted = (8 - (length % 8)) % 8;
  const padding = take(part, Math.min(wanted, part.end - at), name);
  const what =
    padding.length < wanted
      ? `is cut to ${padding.length} of ${wanted} bytes`
      : padding.some((byte) => byte !== 0)
        ? "is not zero"
        : "";
  if (what) found(part, "STR-PAD", `The padding after ${name} at payload offset ${at} ${what}`, at, name);
  return stored;
}

function storedText(part: Part, stored: Uint8Array, terminated: boolean, at: number, name: string): string {
  const { length } = stored;
  const nul = stored.indexOf(0);
  if (terminated && nul < 0) found(part, "STR-NUL", `${name} has no NUL in its ${length} bytes`, at, name);
  else if (terminated && nul < length - 1) {
    const isPadding = length % 8 === 0 && stored.subarray(nul).every((byte) => byte === 0);
    if (isPadding) found(part, "STR-PADDEDLEN", `The length of ${name}, ${length}, counts its padding`, at, name);
    else found(part, "STR-NUL", `${name} of ${length} bytes has a NUL at byte ${nul}, before its end`, at, name);
  }
  return utf8(part, nul < 0 ? stored : stored.subarray(0, nul), at, name);
}

function utf8(part: Part, bytes: Uint8Array, at: number, name: string): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (Buffer.from(text).equals(bytes)) return text;
  found(part, "STR-UTF8", `${name} is not well-formed UTF-8`, at, name, bytes);
  return text;
}
