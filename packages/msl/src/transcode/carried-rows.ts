/** Entries and rows of system tables that 1.1 cannot hold as they are. */
import { HANDLE_TYPE } from "../format/codes.js";
import { CONNECTIVITY_TABLE } from "../format/payloads/connectivity.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import type { WritablePayload } from "../write/block-kinds.js";
import { shownBytes } from "./mended.js";
import type { PayloadRules } from "./payload-rules.js";
import type { TranscodeChange } from "./report.js";

const [ROW_BODIES = {}] = CONNECTIVITY_TABLE.fields.flatMap((field) => (field.kind === "rows" ? [field.bodies] : []));
type Tell = (change: TranscodeChange) => void;
type HandleTable = Extract<Payload, { kind: "HandleTable" }>;
type ConnectivityTable = Extract<Payload, { kind: "ConnectivityTable" }>;

const OTHER_HANDLE = 0xff;
/** From here on MemDiver's codes mean something else than those of the specification: mutex, timer, other. */
const MEMDIVER_HANDLES_FROM = 5;

export function conformingTable(
  read: HandleTable | ConnectivityTable,
  rules: PayloadRules,
  tell: Tell,
): Extract<WritablePayload, { kind: "HandleTable" | "ConnectivityTable" }> {
  return read.kind === "HandleTable" ? conformingHandles(read, rules, tell) : conformingRows(read, tell);
}

/** Types that 1.1 has no code for become "other": the same number would say something else. */
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

/** A row of a known type that is too short for its fields is no such row. */
function conformingRows(read: ConnectivityTable, tell: Tell): ConnectivityTable {
  const rows = read.rows.filter((row, index) => {
    if (!("raw" in row) || !Object.hasOwn(ROW_BODIES, row.rowType)) return true;
    const message = `Row ${index} of type ${row.rowType} is too short for its fields`;
    tell({ id: "dropped", lint: "CON-ROW", field: `rows[${index}]`, message, ...shownBytes(row.raw) });
    return false;
  });
  return rows.length === read.rows.length ? read : { ...read, rows, rowCount: rows.length };
}
