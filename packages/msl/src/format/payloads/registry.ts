/** Which table decodes which block type. A type without a table comes as raw bytes. */
import type { Report } from "../../deviations/deviation.js";
import type { SlicedWork } from "../../sliced-work.js";
import { END_OF_CAPTURE } from "../block-header.js";
import { BlockType, isMemslicerType } from "../codes.js";
import type { Authorship } from "../dialects/dialects.js";
import type { LayoutRules } from "../layout/decode.js";
import type { Decoded, Layout } from "../layout/fields.js";
import { type Choice, CONNECTIVITY_TABLE, connectivityOrBundle } from "./connectivity.js";
import { POINTER_GRAPH, VAS_MAP } from "./memdiver.js";
import { KEY_HINT } from "./memory-region.js";
import {
  KERNEL_MODULE_LIST,
  type KERNEL_SYMBOL_BUNDLE,
  MODULE_BUILD_ID_MANIFEST,
  PERSISTENCE_MANIFEST,
  PHYSICAL_MEMORY_MAP,
  TARGET_INTROSPECTION,
} from "./memslicer.js";
import { MODULE_ENTRY, MODULE_LIST_INDEX } from "./modules.js";
import { IMPORT_PROVENANCE, PROCESS_IDENTITY, RELATED_DUMP } from "./origin.js";
import {
  CONNECTION_TABLE,
  fittingContext,
  HANDLE_TABLE,
  MEMDIVER_HANDLE_TABLE,
  PROCESS_TABLE,
  SYSTEM_CONTEXT,
  SYSTEM_CONTEXT_B,
} from "./system-tables.js";
import { isThreadContext, THREAD_CONTEXT } from "./thread-context.js";

export const PAYLOAD_LAYOUTS = {
  [BlockType.ModuleEntry]: MODULE_ENTRY,
  [BlockType.ModuleListIndex]: MODULE_LIST_INDEX,
  [BlockType.ThreadContext]: THREAD_CONTEXT,
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

/** Evidence besides the bytes that decides the layout. */
interface LayoutContext extends LayoutRules {
  readonly type: number;
  readonly authorship: Authorship;
}

const CONTEXT_MAY_BE_MEMSLICERS =
  "a System Context that fits no layout is read as the specification has it, and in memslicer's layout if a later block shows that memslicer wrote it";
const HANDLES_MAY_BE_MEMDIVERS =
  "handle types have the specification's names, and MemDiver's if the next block shows that MemDiver wrote the capture";

/** The table for a payload; undefined where none fits. `provisional`: later blocks may decide otherwise. */
export function payloadLayout(
  { type, authorship }: Omit<LayoutContext, keyof LayoutRules>,
  bytes: Uint8Array,
  report: Report,
): Choice<PayloadLayout> {
  const layouts: Readonly<Record<number, PayloadLayout>> = PAYLOAD_LAYOUTS;
  reportForeignType(type, report);
  switch (type) {
    case BlockType.SystemContext:
      return contextLayout(bytes, authorship, report);
    case BlockType.HandleTable:
      if (authorship.memdiver) return { table: MEMDIVER_HANDLE_TABLE };
      return { table: HANDLE_TABLE, ...(authorship.memdiver === undefined ? { provisional: HANDLES_MAY_BE_MEMDIVERS } : {}) };
    default:
      return { table: layouts[type] };
  }
}

/**
 * The same for the types whose table only a walk over all entries tells; undefined for others. 0x0055 is the Connectivity Table's code, which
 * memslicer uses for something else, and Thread Contexts have no specified layout.
 */
export function walkedLayout(
  { type, authorship, ...rules }: LayoutContext,
  bytes: Uint8Array,
  report: Report,
): SlicedWork<Choice<PayloadLayout>> | undefined {
  if (type === BlockType.ThreadContext) return threadLayout(bytes, rules, report);
  return type === BlockType.ConnectivityTable ? connectivityOrBundle(bytes, authorship, rules, report) : undefined;
}

/** Payloads under the code of Thread Contexts that have another layout stay raw. */
function* threadLayout(bytes: Uint8Array, rules: LayoutRules, report: Report): SlicedWork<Choice<PayloadLayout>> {
  if (!(yield* isThreadContext(bytes, rules))) {
    reportUnspecified(report);
    return { table: undefined };
  }
  const message = "Thread Context in the layout that is in use, which the specification does not define";
  report({ id: "EXT-THREAD", message, offset: 0, field: "type" });
  return { table: THREAD_CONTEXT };
}

/** The layout that fits; where neither does, memslicer's if other evidence says that memslicer wrote the capture. */
function contextLayout(bytes: Uint8Array, { memslicer }: Authorship, report: Report): Choice<PayloadLayout> {
  const fitting = fittingContext(bytes);
  if (fitting === SYSTEM_CONTEXT || (!fitting && memslicer === false)) return { table: SYSTEM_CONTEXT };
  if (!fitting && memslicer === undefined) return { table: SYSTEM_CONTEXT, provisional: CONTEXT_MAY_BE_MEMSLICERS };
  report({
    id: "SYS-LAYOUT-B",
    message: "System Context in memslicer's layout: TargetCount in one byte",
    offset: 8,
    field: "targetCount",
  });
  // The same fields in another layout.
  return { table: SYSTEM_CONTEXT_B as unknown as PayloadLayout };
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
    reportUnspecified(report);
  }
}

function reportUnspecified(report: Report): void {
  report({ id: "TYP-UNSPECIFIED", message: "Block type without a specified payload", offset: 0, field: "type" });
}
