/**
 * The bytes of a payload that a table lays out: fields that are redacted are left empty, content that a 1.1 producer must not write is refused,
 * and the rest is encoded.
 */
import { severityOf } from "../deviations/catalogue.js";
import { MslError } from "../errors.js";
import { RegisterFlag, ThreadFlag } from "../format/codes.js";
import { encodeLayout } from "../format/layout/encode.js";
import { EncodePath } from "../format/layout/encode-buffer.js";
import type { AnyField, Layout } from "../format/layout/fields.js";
import { BLOCK_KINDS, isTableKind, type KindInput, type TableKind } from "./block-kinds.js";

/**
 * Names of fields to leave empty, by kind of block; names of fields of its entries too. Texts, blobs and digests can be redacted
 * (specification: header flag Redacted).
 */
export type Redaction = Readonly<Partial<Record<TableKind, readonly string[]>>>;

type Values = Readonly<Record<string, unknown>>;

// RFC 9562: version in the third group, variant 10 in the fourth.
const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

const STATE_MOST = 4;
const THREAD_FLAGS = ThreadFlag.Current | ThreadFlag.Crashed;
const REGISTER_FLAGS = RegisterFlag.Pc | RegisterFlag.Sp | RegisterFlag.Fp | RegisterFlag.Flags;

/** Throws `bad-value` naming the field for a value that a 1.1 payload of this kind cannot hold. */
export function tablePayload(kind: TableKind, value: object, redaction: Redaction): Uint8Array {
  const { layout } = BLOCK_KINDS[kind];
  const kept = redacted(layout, value as Values, redaction[kind]);
  for (const field of layout.fields) requireField(field, kept, new EncodePath(layout.name));
  return encodeLayout<Layout>(layout, kept);
}

/** Throws `bad-value` unless the value is an object, its lists are lists, and their entries are objects. */
export function requireObjects(table: Layout, value: unknown, path = new EncodePath(table.name)): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw path.refuse(value, "an object");
  for (const field of table.fields) {
    if (field.kind !== "entries" && field.kind !== "rows") continue;
    const list = (value as Values)[field.name];
    const at = path.field(field.name);
    if (!Array.isArray(list)) throw at.refuse(list, "a list");
    if (field.kind === "rows") continue;
    for (let index = 0; index < list.length; index++) requireObjects(field.layout, list[index], at.entry(index));
  }
}

/**
 * Throws `bad-value` naming the field for a thread that a producer must not write (memslice-spec, pull request 1). Readers accept such
 * threads.
 */
export function requireProducedThread({ flags, threadState, registers }: KindInput<"ThreadContext">): void {
  const path = new EncodePath("ThreadContext");
  if ((flags & ~THREAD_FLAGS) !== 0) throw path.field("flags").refuse(flags, "Current (1) and Crashed (2), if any");
  if (threadState > STATE_MOST) throw path.field("threadState").refuse(threadState, `0 to ${STATE_MOST}`);
  for (const [index, register] of registers.entries()) {
    const at = path.field("registers").entry(index);
    const { name } = register;
    if ((register.flags & ~REGISTER_FLAGS) !== 0)
      throw at.field("flags").refuse(register.flags, `bits of 0x${REGISTER_FLAGS.toString(16)}`);
    if (typeof name !== "string" || name === "" || name !== name.toLowerCase())
      throw at.field("name").refuse(name, "a name in lower case");
  }
  for (const [role, flag] of [
    ["PC", RegisterFlag.Pc],
    ["SP", RegisterFlag.Sp],
  ] as const) {
    const count = registers.filter((register) => (register.flags & flag) !== 0).length;
    if (count !== 1) throw path.field("registers").fault(`has ${count} registers flagged ${role}, expected 1`);
  }
}

/** Whether anything is redacted. Throws `usage` for a field that the kind does not have or that cannot be left empty. */
export function redactsAnything(redaction: Redaction): boolean {
  const fields = Object.entries(redaction).flatMap(([kind, names]) => names.map((name) => ({ kind, name })));
  for (const { kind, name } of fields) {
    const known = isTableKind(kind) && redactableNames(BLOCK_KINDS[kind].layout.fields).includes(name);
    if (!known) throw new MslError("usage", `${kind}.${name} cannot be redacted: it is no text, blob or digest of such a block`);
  }
  return fields.length > 0;
}

/** The value without the named fields. */
export function redacted(layout: Layout, value: Values, names: readonly string[] = []): Values {
  if (names.length === 0) return value;
  const kept: Record<string, unknown> = { ...value };
  for (const field of flattened(layout.fields)) {
    if (isRedactable(field) && names.includes(field.name)) delete kept[field.name];
    if (field.kind === "length" && field.shown && names.includes(field.of)) delete kept[field.name];
    const list = kept[field.name];
    if (field.kind === "entries" && Array.isArray(list)) {
      kept[field.name] = list.map((entry: Values) => redacted(field.layout, entry, names));
    }
  }
  return kept;
}

/** Names of the fields, of entries too, that can be left empty. */
export function redactableNames(fields: readonly AnyField[]): readonly string[] {
  return flattened(fields).flatMap((field) => {
    if (field.kind === "entries") return redactableNames(field.layout.fields);
    return isRedactable(field) ? [field.name] : [];
  });
}

function flattened(fields: readonly AnyField[]): readonly AnyField[] {
  return fields.flatMap((field) => (field.kind === "optional" ? flattened(field.fields) : [field]));
}

function isRedactable(field: AnyField): boolean {
  return field.kind === "text" || field.kind === "blob" || (field.kind === "bytes" && field.absent === true);
}

/** Throws `bad-value` unless the text is a UUID of version 4, as every UUID in a capture must be. */
export function requireUuidV4(uuid: unknown, path: EncodePath): void {
  if (typeof uuid !== "string" || !VERSION_4.test(uuid)) throw path.refuse(uuid, "a UUID of version 4 (RFC 9562)");
}

function requireField(field: AnyField, values: Values, path: EncodePath): void {
  const value = values[field.name];
  const at = path.field(field.name);
  if (field.kind === "uuid") requireUuidV4(value, at);
  // A deviation of severity I is information, not a breach.
  if (field.kind === "uint" && field.limit && severityOf(field.limit.lint) !== "I" && Number(value) > field.limit.most) {
    throw at.refuse(value, `at most ${field.limit.most}: the bytes above are reserved`);
  }
  if (field.kind === "entries" && Array.isArray(value)) {
    for (const [index, entry] of value.entries()) {
      for (const part of field.layout.fields) requireField(part, entry as Values, at.entry(index));
    }
  }
  if (field.kind === "optional" && field.rule.present !== undefined) requireAbsent(field.fields, values, path);
}

function requireAbsent(fields: readonly AnyField[], values: Values, path: EncodePath): void {
  for (const { name } of fields) {
    if ((values[name] ?? undefined) === undefined) continue;
    throw path.field(name).fault("is not part of a 1.1 payload: some producers add it; leave it out, or null");
  }
}
