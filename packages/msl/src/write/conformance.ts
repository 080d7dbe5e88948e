/** What a table can express but a 1.1 producer must not write: UUIDs of other versions, groups that only some producers add, reserved values. */

import { severityOf } from "../deviations/catalogue.js";
import { EncodePath } from "../format/layout/encode-path.js";
import type { AnyField, Layout } from "../format/layout/fields.js";

type Values = Readonly<Record<string, unknown>>;

// RFC 9562: version in the third group, variant 10 in the fourth.
const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

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

/** Throws `bad-value` naming block type, field, value and what was expected. */
export function requireConforming(table: Layout, value: Values): void {
  for (const field of table.fields) requireField(field, value, new EncodePath(table.name));
}

/** Throws `bad-value` unless the text is a UUID of version 4, as every UUID in a capture must be. */
export function requireUuidV4(uuid: unknown, path: EncodePath): void {
  if (typeof uuid !== "string" || !VERSION_4.test(uuid)) throw path.refuse(uuid, "a UUID of version 4 (RFC 9562)");
}

function requireField(field: AnyField, values: Values, path: EncodePath): void {
  const value = values[field.name];
  const at = path.field(field.name);
  if (field.kind === "uuid") requireUuidV4(value, at);
  // What is only worth knowing is no breach.
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
