/** Which table decodes which block type. A type without a table comes as raw bytes. */
import type { Report } from "../../lint/deviation.js";
import { BlockType, isMemslicerType } from "../codes.js";
import type { Producer } from "../dialects/dialects.js";
import { decodeLayout, type LayoutRules, ROW_HEAD_BYTES } from "../layout/decode.js";
import type { Decoded, Layout } from "../layout/fields.js";
import { fittingValue } from "../layout/fits.js";
import { CONNECTIVITY_TABLE } from "./connectivity-table.js";
import { END_OF_CAPTURE } from "./end-of-capture.js";
import { IMPORT_PROVENANCE } from "./import-provenance.js";
import { KEY_HINT } from "./key-hint.js";
import { POINTER_GRAPH, VAS_MAP } from "./memdiver.js";
import {
  isKernelSymbolBundle,
  KERNEL_MODULE_LIST,
  KERNEL_SYMBOL_BUNDLE,
  MODULE_BUILD_ID_MANIFEST,
  PERSISTENCE_MANIFEST,
  PHYSICAL_MEMORY_MAP,
  TARGET_INTROSPECTION,
} from "./memslicer.js";
import { MODULE_ENTRY } from "./module-entry.js";
import { MODULE_LIST_INDEX } from "./module-list-index.js";
import { PROCESS_IDENTITY } from "./process-identity.js";
import { RELATED_DUMP } from "./related-dump.js";
import { SYSTEM_CONTEXT, systemContextLayout } from "./system-context.js";
import { CONNECTION_TABLE, HANDLE_TABLE, MEMDIVER_HANDLE_TABLE, PROCESS_TABLE } from "./system-tables.js";

export const PAYLOAD_LAYOUTS = {
  [BlockType.ModuleEntry]: MODULE_ENTRY,
  [BlockType.ModuleListIndex]: MODULE_LIST_INDEX,
  [BlockType.KeyHint]: KEY_HINT,
  [BlockType.ImportProvenance]: IMPORT_PROVENANCE,
  [BlockType.ProcessIdentity]: PROCESS_IDENTITY,
  [BlockType.RelatedDump]: RELATED_DUMP,
  [BlockType.SystemContext]: SYSTEM_CONTEXT,
  [BlockType.ProcessTable]: PROCESS_TABLE,
  [BlockType.ConnectionTable]: CONNECTION_TABLE,
  [BlockType.HandleTable]: HANDLE_TABLE,
  [BlockType.MemslicerConnectivityTable]: CONNECTIVITY_TABLE,
  [BlockType.ConnectivityTable]: CONNECTIVITY_TABLE,
  [BlockType.PersistenceManifest]: PERSISTENCE_MANIFEST,
  [BlockType.KernelModuleList]: KERNEL_MODULE_LIST,
  [BlockType.TargetIntrospection]: TARGET_INTROSPECTION,
  [BlockType.PhysicalMemoryMap]: PHYSICAL_MEMORY_MAP,
  [BlockType.ModuleBuildIdManifest]: MODULE_BUILD_ID_MANIFEST,
  [BlockType.EndOfCapture]: END_OF_CAPTURE,
  [BlockType.VasMap]: VAS_MAP,
  [BlockType.PointerGraph]: POINTER_GRAPH,
} as const;

type PayloadLayout = (typeof PAYLOAD_LAYOUTS)[keyof typeof PAYLOAD_LAYOUTS] | typeof KERNEL_SYMBOL_BUNDLE;
type PayloadOf<L> = L extends Layout ? { readonly kind: L["name"] } & Readonly<Decoded<L>> : never;

/** A payload decoded by its table: the table's name as `kind`, and its fields. */
export type TablePayload = PayloadOf<PayloadLayout>;

/** Whether a payload of this type can be decoded by a table. */
export function hasPayloadLayout(type: number): boolean {
  return Object.hasOwn(PAYLOAD_LAYOUTS, type);
}

/** What besides the bytes tells the layout. */
interface LayoutChoice extends LayoutRules {
  readonly type: number;
  readonly producer?: Producer | undefined;
}

/**
 * The table for a payload; undefined where none fits. Two types need a look at the bytes: System Context has two layouts, and 0x0055 is
 * the Connectivity Table's code, which memslicer uses for something else.
 */
export function payloadLayout(
  { type, producer, ...rules }: LayoutChoice,
  bytes: Uint8Array,
  report: Report,
): PayloadLayout | undefined {
  const layouts: Readonly<Record<number, PayloadLayout>> = PAYLOAD_LAYOUTS;
  reportForeignType(type, report);
  if (type === BlockType.SystemContext) return systemContextLayout(bytes, producer, report) as PayloadLayout;
  if (type === BlockType.HandleTable && producer === "memdiver") return MEMDIVER_HANDLE_TABLE;
  if (type === BlockType.ConnectivityTable) return connectivityOrBundle(bytes, producer, rules, report);
  return layouts[type];
}

/** Both read an empty table as theirs: then only other evidence of memslicer decides. */
function connectivityOrBundle(
  bytes: Uint8Array,
  producer: Producer | undefined,
  rules: LayoutRules,
  report: Report,
): PayloadLayout | undefined {
  const bundle = isKernelSymbolBundle(bytes, rules);
  const connectivity = fittingValue(CONNECTIVITY_TABLE, bytes, rules) !== undefined;
  if (connectivity && !(bundle && producer)) return CONNECTIVITY_TABLE;
  if (!bundle) {
    reportUntried(bytes, rules, report);
    return undefined;
  }
  report({
    id: "EXT-MEMSLICER",
    message: "KernelSymbolBundle of memslicer under the code of the Connectivity Table",
    offset: 0,
    field: "type",
  });
  return KERNEL_SYMBOL_BUNDLE;
}

/** A table above the limit is not looked through, and may fit after all. */
function reportUntried(bytes: Uint8Array, rules: LayoutRules, report: Report): void {
  const { entryLimit = Number.POSITIVE_INFINITY } = rules;
  // Stops before the first row: only the count is wanted.
  const { partial } = decodeLayout(CONNECTIVITY_TABLE, bytes, () => {}, { ...rules, entryLimit: 0 });
  const rows = partial?.rowCount ?? 0;
  if (rows <= entryLimit || rows > (bytes.length - CONNECTIVITY_TABLE.minimumSize) / ROW_HEAD_BYTES) return;
  const message = `RowCount is ${rows}, above the limit of ${entryLimit} (entryLimit): the payload is not decoded`;
  report({ id: "CMP-LIMIT", message, offset: 0, field: "rowCount" });
}

function reportForeignType(type: number, report: Report): void {
  if (type === BlockType.MemslicerConnectivityTable) {
    report({ id: "CON-TYPE", message: "Connectivity Table under the code 0x0054, expected 0x0055", offset: 0, field: "type" });
  } else if (isMemslicerType(type)) {
    report({ id: "EXT-MEMSLICER", message: "Block type of memslicer's own", offset: 0, field: "type" });
  } else if (type === BlockType.VasMap || type === BlockType.PointerGraph) {
    report({
      id: "EXT-MEMDIVER",
      message: "Payload in MemDiver's layout; the specification only reserves the code",
      offset: 0,
      field: "type",
    });
  } else if (!hasPayloadLayout(type) && type !== BlockType.MemoryRegion) {
    report({ id: "TYP-UNSPECIFIED", message: "Block type without a specified payload", offset: 0, field: "type" });
  }
}
