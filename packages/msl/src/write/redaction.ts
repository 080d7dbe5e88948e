/** Fields that are deliberately not written (specification, header flag Redacted): texts become empty, digests unavailable. */
import { MslError } from "../errors.js";
import type { AnyField, Layout } from "../format/layout/fields.js";
import { BLOCK_KINDS, isTableKind, type TableKind } from "./block-kinds.js";

/** Names of texts, blobs and digests by kind of block; those of its entries too. */
export type Redaction = Readonly<Partial<Record<TableKind, readonly string[]>>>;

type Values = Readonly<Record<string, unknown>>;

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
