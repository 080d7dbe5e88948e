/**
 * The bytes of a payload that a table lays out: fields that are redacted are left empty, content that a 1.1 producer must not write is refused,
 * and the rest is encoded.
 */
import { severityOf } from "../deviations/catalogue.js";
import { MslError } from "../errors.js";
import { RegisterFlag, ThreadFlag } from "../format/codes.js";
import { withEncoded } from "../format/layout/encode.js";
import { EncodePath } from "../format/layout/encode-buffer.js";
import type { AnyField, Layout } from "../format/layout/fields.js";
import { isUuidV4 } from "../format/layout/uuid-text.js";
import { BLOCK_KINDS, blockKind, isTableKind, type KindInput, type TableKind } from "./block-kinds.js";

/**
 * Names of fields to leave empty, by kind of block; names of fields of its entries too. Texts, blobs and digests can be redacted
 * (specification: header flag Redacted).
 */
export type Redaction = Readonly<Partial<Record<TableKind, readonly string[]>>>;

type Values = Readonly<Record<string, unknown>>;

const STATE_MOST = 4;
const THREAD_FLAGS = ThreadFlag.Current | ThreadFlag.Crashed;
const REGISTER_FLAGS = RegisterFlag.Pc | RegisterFlag.Sp | RegisterFlag.Fp | RegisterFlag.Flags;

/**
 * Calls `use` with the payload: a view that is valid until `use` returns. Throws `bad-value` naming the field for a value that a 1.1 payload of this kind
 * cannot hold.
 */
export function withTablePayload<T>(
  kind: TableKind,
  value: object,
  redaction: Redaction | undefined,
  use: (payload: Uint8Array) => T,
): T {
  const { layout, straight } = blockKind(kind);
  const kept = redaction ? redacted(layout, value as Values, redaction[kind]) : (value as Values);
  rulesOf(layout).requireProduced(kept, []);
  return withEncoded<Layout, T>(layout, kept, use, straight);
}

/** Throws `bad-value` unless the value is an object, its lists are lists, and their entries are objects. */
export function requireObjects(table: Layout, value: unknown): void {
  rulesOf(table).requireObjects(value, []);
}

/** The checks of a value. `positions`: the positions of the list entries that contain the value, one for each list. */
type Check<T> = (value: T, positions: number[]) => void;

/** The checks of a layout, made once: most layouts need few, and a capture may have a block for each of many thousand modules. */
interface LayoutRules {
  readonly requireObjects: Check<unknown>;
  /** The rules for producers. Readers accept values that break these rules. */
  readonly requireProduced: Check<Values>;
}

const rules = new WeakMap<Layout, LayoutRules>();
/** The layout that was asked for last, and its rules: most blocks have the type of the block before. */
let lastLayout: Layout | undefined;
let lastRules: LayoutRules | undefined;

function rulesOf(layout: Layout): LayoutRules {
  if (layout === lastLayout && lastRules) return lastRules;
  const found = rules.get(layout) ?? layoutRules(layout, new EncodePath(layout.name));
  rules.set(layout, found);
  lastLayout = layout;
  lastRules = found;
  return found;
}

function layoutRules({ fields }: Layout, path: EncodePath): LayoutRules {
  const lists = fields.flatMap((field) => (field.kind === "entries" || field.kind === "rows" ? [listCheck(field, path)] : []));
  const produced = fields.flatMap((field) => producerChecks(field, path));
  return {
    requireObjects: (value, positions) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw path.refuse(value, "an object", positions);
      for (const check of lists) check(value as Values, positions);
    },
    requireProduced: (values, positions) => {
      for (const check of produced) check(values, positions);
    },
  };
}

function listCheck(field: Extract<AnyField, { kind: "entries" | "rows" }>, parent: EncodePath): Check<Values> {
  const { name } = field;
  const path = parent.field(name);
  const entry = field.kind === "entries" ? layoutRules(field.layout, path.entry()).requireObjects : undefined;
  return (values, positions) => {
    const list = values[name];
    if (!Array.isArray(list)) throw path.refuse(list, "a list", positions);
    if (entry) checkEntries(list, entry, positions);
  };
}

function checkEntries<T>(list: readonly T[], check: Check<T>, positions: number[]): void {
  const depth = positions.push(0) - 1;
  for (let index = 0; index < list.length; index++) {
    positions[depth] = index;
    check(list[index] as T, positions);
  }
  positions.pop();
}

/**
 * Throws `bad-value` naming the field for a thread that a producer must not write (memslice-spec, pull request 1). Readers accept such
 * threads.
 */
export function requireProducedThread({ flags, threadState, registers }: KindInput<"ThreadContext">): void {
  const path = new EncodePath("ThreadContext");
  if ((flags & ~THREAD_FLAGS) !== 0) throw path.field("flags").refuse(flags, "Current (1) and Crashed (2), if any");
  if (typeof threadState === "number" && threadState > STATE_MOST)
    throw path.field("threadState").refuse(threadState, `0 to ${STATE_MOST}`);
  for (const [index, register] of registers.entries()) {
    const at = path.field("registers").entry();
    const { name } = register;
    if ((register.flags & ~REGISTER_FLAGS) !== 0)
      throw at.field("flags").refuse(register.flags, `bits of 0x${REGISTER_FLAGS.toString(16)}`, [index]);
    if (typeof name !== "string" || name === "" || name !== name.toLowerCase())
      throw at.field("name").refuse(name, "a name in lower case", [index]);
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
export function requireUuidV4(uuid: unknown, path: EncodePath, positions: readonly number[] = []): void {
  if (typeof uuid !== "string" || !isUuidV4(uuid)) throw path.refuse(uuid, "a UUID of version 4 (RFC 9562)", positions);
}

function producerChecks(field: AnyField, parent: EncodePath): Check<Values>[] {
  const { name } = field;
  const path = parent.field(name);
  if (field.kind === "uuid") return [(values, positions) => requireUuidV4(values[name], path, positions)];
  // A deviation of severity I is information, not a breach.
  if (field.kind === "uint" && field.limit && severityOf(field.limit.lint) !== "I") {
    const { most } = field.limit;
    return [
      (values, positions) => {
        const value = values[name];
        if (Number(value) > most) throw path.refuse(value, `at most ${most}: the bytes above are reserved`, positions);
      },
    ];
  }
  if (field.kind === "entries") {
    const { requireProduced } = layoutRules(field.layout, path.entry());
    return [
      (values, positions) => {
        const list = values[name];
        if (Array.isArray(list)) checkEntries<Values>(list, requireProduced, positions);
      },
    ];
  }
  return field.kind === "optional" && field.rule.present !== undefined ? absenceChecks(field.fields, parent) : [];
}

function absenceChecks(fields: readonly AnyField[], parent: EncodePath): Check<Values>[] {
  return fields.map(({ name }) => {
    const path = parent.field(name);
    return (values, positions) => {
      if ((values[name] ?? undefined) === undefined) return;
      throw path.fault("is not part of a 1.1 payload: some producers add it; leave it out, or null", positions);
    };
  });
}
