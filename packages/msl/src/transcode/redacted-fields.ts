/** Which fields a redaction empties, and redactions made from names. */
import { MslError } from "../errors.js";
import { BLOCK_KINDS, type TableKind } from "../write/block-kinds.js";
import { type Redaction, redactableNames } from "../write/table-payload.js";

type Values = Readonly<Record<string, unknown>>;

/**
 * Names as people give them: `acqUser` is that field wherever it occurs, `ProcessTable.cmdLine` that of one kind of block. Throws `usage`
 * for a name that no text, blob or digest has.
 */
export function redactionOf(names: readonly string[]): Redaction {
  const redaction: Partial<Record<TableKind, string[]>> = {};
  for (const name of names) {
    const [kind, field] = name.includes(".") ? name.split(".", 2) : [undefined, name];
    const found = redactable().filter((one) => one.field === field && (kind === undefined || one.kind === kind));
    if (found.length === 0) {
      const known = [...new Set(redactable().map((one) => one.field))].sort().join(", ");
      throw new MslError(
        "usage",
        `No field ${JSON.stringify(name)} can be redacted; there are ${known}, each also as Kind.field`,
      );
    }
    for (const one of found) redaction[one.kind] = [...(redaction[one.kind] ?? []), one.field];
  }
  return redaction;
}

function redactable(): { kind: TableKind; field: string }[] {
  return (Object.keys(BLOCK_KINDS) as TableKind[]).flatMap((kind) =>
    [...new Set(redactableNames(BLOCK_KINDS[kind].layout.fields))].map((field) => ({ kind, field })),
  );
}

/** The fields of the payload that a redaction names and that hold something, entries included. */
export function filledFields(kind: TableKind, payload: object, redact: Redaction): readonly string[] {
  const names = redact[kind] ?? [];
  return [...new Set(names)].filter((name) => isFilled(payload as Values, name));
}

function isFilled(values: Values, name: string): boolean {
  const value = values[name];
  if (typeof value === "string") return value !== "";
  if (value instanceof Uint8Array) return value.some((byte) => byte !== 0);
  return Object.values(values).some((list) => Array.isArray(list) && list.some((entry: Values) => isFilled(entry, name)));
}
