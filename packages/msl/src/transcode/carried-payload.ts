/** Payloads of tables on their way into a 1.1 capture: what 1.1 has no place for is taken out and told. */
import { isZero } from "../bytes.js";
import { RELATIONSHIP } from "../format/codes.js";
import { hexText } from "../format/layout/uuid-text.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import type { WritableTable } from "../write/block-kinds.js";
import { isTableKind, type TableKind } from "../write/block-kinds.js";
import { type Redaction, tablePayload } from "../write/table-payload.js";
import { conformingTable } from "./carried-rows.js";
import { shownBytes } from "./mended.js";
import type { PayloadRules } from "./payload-rules.js";
import { filledFields } from "./redacted-fields.js";
import type { TranscodeChange } from "./report.js";

export interface CarriedPayload {
  readonly payload: WritableTable;
  /** Besides what the deviations of the block tell. */
  readonly changes: readonly TranscodeChange[];
}

/** Undefined for a payload that no table of 1.1 lays out. */
export function carriedPayload(read: Payload, rules: PayloadRules): CarriedPayload | undefined {
  if (!isTableKind(read.kind)) return undefined;
  const hidden = rules.redact[read.kind] ?? [];
  const changes: TranscodeChange[] = [];
  const payload = conforming(read as Extract<Payload, { kind: TableKind }>, rules, (change) => {
    // What is redacted does not come back in the report.
    const { bytes: _, ...told } = change;
    changes.push(hidden.includes(change.field ?? "") ? told : change);
  });
  return { payload, changes: [...changes, ...redactions(payload.kind, payload, rules.redact)] };
}

/** The fields that a redaction empties. */
export function redactions(kind: TableKind, payload: object, redact: Redaction): TranscodeChange[] {
  return filledFields(kind, payload, redact).map((field) => ({ id: "redacted", field, message: `${field} is left empty` }));
}

/** The bytes of the payload in the output. Throws `bad-value` for what a 1.1 producer must not write. */
export function encodedPayload(payload: WritableTable, redact: Redaction, tableBitmap: number): Uint8Array {
  return tablePayload(payload.kind, payload.kind === "SystemContext" ? { ...payload, tableBitmap } : payload, redact);
}

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

/** A digest of zeros says that there is none. */
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
