/**
 * Payloads of tables as a 1.1 capture can hold them: the fields, entries and rows that 1.1 has no place for are taken out and reported. Also the fields
 * that a redaction empties.
 */
import { isZero, ownBytes } from "../bytes.js";
import { MslError } from "../errors.js";
import { HANDLE_TYPE, RELATIONSHIP } from "../format/codes.js";
import { hexText } from "../format/layout/uuid-text.js";
import { CONNECTIVITY_TABLE } from "../format/payloads/connectivity.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import { BLOCK_KINDS, isTableKind, type TableKind, type WritablePayload, type WritableTable } from "../write/block-kinds.js";
import { type Redaction, redactableNames, withTablePayload } from "../write/table-payload.js";
import { shownBytes } from "./mended.js";
import type { TranscodeChange } from "./report.js";

/** The facts on which the changes of payloads depend. */
export interface PayloadRules {
  /** Whether the output hashes with another algorithm than the source. */
  readonly rehashed: boolean;
  /** Whether MemDiver wrote the source: some of its codes have other meanings than those of the specification. */
  readonly memdiver: boolean;
  readonly redact: Redaction;
  /** The UUID that a region has in the output. */
  readonly regionUuid: (uuid: string) => string;
}

export interface CarriedPayload {
  readonly payload: WritableTable;
  /** Changes of the payload, besides those that follow from the deviations of the block. */
  readonly changes: readonly TranscodeChange[];
}

const NONE: readonly TranscodeChange[] = [];

/** The payload with the changes that 1.1 needs; undefined for a payload that no table of 1.1 lays out. */
export function carriedPayload(read: Payload, rules: PayloadRules): CarriedPayload | undefined {
  if (!isTableKind(read.kind)) return undefined;
  const hidden = rules.redact[read.kind];
  let changes: TranscodeChange[] | undefined;
  const payload = conforming(read as Extract<Payload, { kind: TableKind }>, rules, (change) => {
    // The report does not repeat the bytes of a redacted field.
    const { bytes: _, ...told } = change;
    changes ??= [];
    changes.push(hidden?.includes(change.field ?? "") ? told : change);
  });
  const redacted = redactions(payload.kind, payload, rules.redact);
  return { payload, changes: changes ? [...changes, ...redacted] : redacted };
}

/** The changes that report the fields that a redaction empties. */
export function redactions(kind: TableKind, payload: object, redact: Redaction): readonly TranscodeChange[] {
  if (redact[kind] === undefined) return NONE;
  return filledFields(kind, payload, redact).map((field) => ({ id: "redacted", field, message: `${field} is left empty` }));
}

/** The bytes of the payload in the output. Throws `bad-value` for a value that a 1.1 producer must not write. */
export function encodedPayload(payload: WritableTable, redact: Redaction, tableBitmap: number): Uint8Array {
  return withEncodedPayload(payload, redact, tableBitmap, ownBytes);
}

/** Calls `use` with the bytes of the payload in the output: a view that is valid until `use` returns. Throws like `encodedPayload`. */
export function withEncodedPayload<T>(
  payload: WritableTable,
  redact: Redaction,
  tableBitmap: number,
  use: (encoded: Uint8Array) => T,
): T {
  const value = payload.kind === "SystemContext" ? { ...payload, tableBitmap } : payload;
  return withTablePayload(payload.kind, value, redact, use);
}

/** Reports a change. */
type Tell = (change: TranscodeChange) => void;

function conforming(read: Extract<Payload, { kind: TableKind }>, rules: PayloadRules, tell: Tell): WritableTable {
  switch (read.kind) {
    case "ModuleEntry": {
      if (!rules.rehashed || isZero(read.diskHash)) return read;
      const message = "DiskHash is of the source's hash algorithm, and a capture has one; in the output, it is not available";
      tell({ id: "dropped", lint: "INT-ALGO-MIX", field: "diskHash", message, ...shownBytes(read.diskHash) });
      return { ...read, diskHash: undefined };
    }
    case "RelatedDump": {
      tellRelationship(read.relationship, rules, tell);
      if (!read.targetHash) return read;
      const message = "1.1 has no field for the BLAKE3 digest of the other file";
      tell({ id: lossOf(read.targetHash), lint: "LEN-EXTRA", field: "targetHash", message, ...shownBytes(read.targetHash) });
      return { ...read, targetHash: null };
    }
    case "ImportProvenance":
      return conformingProvenance(read, rules, tell);
    case "SystemContext": {
      // memslicer's layout has no such fields at all.
      if ((read.uptimeNs ?? null) === null) return read;
      const version = rules.redact.SystemContext?.includes("osVersion") ? "redacted" : JSON.stringify(read.osVersion);
      const message = `1.1 has no fields for uptime (${read.uptimeNs} ns) and OS version (${version})`;
      tell({ id: "dropped", lint: "SYS-TAIL", field: "uptimeNs, osVersion", message });
      return { ...read, uptimeNs: null, osVersion: null };
    }
    case "KeyHint": {
      const regionUuid = rules.regionUuid(read.regionUuid);
      if (regionUuid === read.regionUuid) return read;
      tell({ id: "uuid", field: "regionUuid", message: `The region ${read.regionUuid} became ${regionUuid}` });
      return { ...read, regionUuid };
    }
    case "HandleTable":
    case "ConnectivityTable":
      return conformingTable(read, rules, tell);
    default:
      return read;
  }
}

/** The digest of the imported file moves into the note, where importers put it. */
function conformingProvenance(
  read: Extract<Payload, { kind: "ImportProvenance" }>,
  { redact }: PayloadRules,
  tell: Tell,
): WritableTable {
  if (!read.sourceHash) return read;
  if (isZero(read.sourceHash) || redact.ImportProvenance?.includes("note")) {
    const message = "1.1 has no field for the digest of the source";
    tell({ id: lossOf(read.sourceHash), lint: "LEN-EXTRA", field: "sourceHash", message });
    return { ...read, sourceHash: null };
  }
  const digest = `source-blake3=${hexText(read.sourceHash)}`;
  tell({
    id: "moved",
    lint: "LEN-EXTRA",
    field: "sourceHash",
    message: "1.1 has no field for the digest of the source; it is in Note",
  });
  return { ...read, sourceHash: null, note: read.note === "" ? digest : `${read.note}; ${digest}` };
}

/** A digest of zeros says that no digest is known: nothing is lost without it. */
function lossOf(digest: Uint8Array): "dropped" | "mended" {
  return isZero(digest) ? "mended" : "dropped";
}

const MEMDIVER_RELATIONSHIPS: Readonly<Record<number, string>> = {
  3: "sibling process",
  4: "the same process later",
  5: "the same process earlier",
};

function tellRelationship(code: number, { memdiver }: PayloadRules, tell: Tell): void {
  const meaning = memdiver ? MEMDIVER_RELATIONSHIPS[code] : undefined;
  if (meaning === undefined) return;
  const message = `Relationship ${code} stays as it is: ${RELATIONSHIP.names[code]} in the specification, ${meaning} to MemDiver's reader`;
  tell({ id: "kept", field: "relationship", message });
}

/** The layouts of the rows of a Connectivity Table, by the types of the rows. */
const ROW_BODIES = CONNECTIVITY_TABLE.fields.flatMap((field) => (field.kind === "rows" ? [field.bodies] : []))[0] ?? {};
type HandleTable = Extract<Payload, { kind: "HandleTable" }>;
type ConnectivityTable = Extract<Payload, { kind: "ConnectivityTable" }>;

const OTHER_HANDLE = 0xff;
/** The first of MemDiver's codes that have other meanings than in the specification: mutex, timer, other. */
const MEMDIVER_HANDLES_FROM = 5;

function conformingTable(
  read: HandleTable | ConnectivityTable,
  rules: PayloadRules,
  tell: Tell,
): Extract<WritablePayload, { kind: "HandleTable" | "ConnectivityTable" }> {
  return read.kind === "HandleTable" ? conformingHandles(read, rules, tell) : conformingRows(read, tell);
}

/** Handle types that 1.1 has no code for become "other": in 1.1, their numbers have other meanings. */
function conformingHandles(read: HandleTable, { memdiver }: PayloadRules, tell: Tell): HandleTable {
  const isForeign = (type: number) => type > OTHER_HANDLE || (memdiver && type >= MEMDIVER_HANDLES_FROM && type < OTHER_HANDLE);
  if (!read.entries.some(({ handleType }) => isForeign(handleType))) return read;
  const entries = read.entries.map((entry, index) => {
    const { handleType, handleTypeName } = entry;
    if (!isForeign(handleType)) return entry;
    const message = `Entry ${index}: HandleType ${handleType} (${handleTypeName}) became ${OTHER_HANDLE} (other)`;
    tell({ id: "code", lint: "HND-WIDE", field: `entries[${index}].handleType`, message });
    return { ...entry, handleType: OTHER_HANDLE, handleTypeName: HANDLE_TYPE.names[OTHER_HANDLE] ?? "" };
  });
  return { ...read, entries };
}

/** Leaves out rows of known types that are too short for the fields of their types. */
function conformingRows(read: ConnectivityTable, tell: Tell): ConnectivityTable {
  const rows = read.rows.filter((row, index) => {
    if (!("raw" in row) || !Object.hasOwn(ROW_BODIES, row.rowType)) return true;
    const message = `Row ${index} of type ${row.rowType} is too short for its fields`;
    tell({ id: "dropped", lint: "CON-ROW", field: `rows[${index}]`, message, ...shownBytes(row.raw) });
    return false;
  });
  return rows.length === read.rows.length ? read : { ...read, rows, rowCount: rows.length };
}

/** The fields of a payload or of an entry, by name. */
type Values = Readonly<Record<string, unknown>>;

/**
 * A redaction from the names of fields: `acqUser` stands for the field of every kind of block that has it, `ProcessTable.cmdLine` for the field of one kind.
 * Throws `usage` for a name that no text, blob or digest has.
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

/** The names of the fields that a redaction empties and that are not empty yet, in the payload or in any of its entries. */
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
