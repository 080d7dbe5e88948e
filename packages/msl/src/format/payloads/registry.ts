/** The tables that decode the block types. A payload of a type without a table is given as raw bytes. */
import type { Reporter } from "../../deviations/deviation.js";
import type { Begun, SlicedWork } from "../../sliced-work.js";
import { END_OF_CAPTURE } from "../block-header.js";
import { BlockType, isMemslicerType } from "../codes.js";
import type { Authorship } from "../dialects/dialects.js";
import type { LayoutRules } from "../layout/decode.js";
import type { Layout } from "../layout/fields.js";
import { type Choice, CONNECTIVITY_TABLE, connectivityOrBundle } from "./connectivity.js";
import { KEY_HINT } from "./memory-region.js";
import type { ProducerPayload } from "./other-types.js";
import type { SpecifiedPayload } from "./payload-types.js";
import {
  hasReservedZeros,
  IMPORT_PROVENANCE,
  isThreadContext,
  MODULE_ENTRY,
  MODULE_LIST_INDEX,
  PROCESS_IDENTITY,
  RELATED_DUMP,
  THREAD_CONTEXT,
} from "./process-tables.js";
import {
  KERNEL_MODULE_LIST,
  MODULE_BUILD_ID_MANIFEST,
  PERSISTENCE_MANIFEST,
  PHYSICAL_MEMORY_MAP,
  POINTER_GRAPH,
  TARGET_INTROSPECTION,
  VAS_MAP,
} from "./producer-tables.js";
import {
  CONNECTION_TABLE,
  fittingContext,
  HANDLE_TABLE,
  MEMDIVER_HANDLE_TABLE,
  PROCESS_TABLE,
  SYSTEM_CONTEXT,
  SYSTEM_CONTEXT_B,
} from "./system-tables.js";

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

/** A payload decoded by its table: the table's name as `kind`, and its fields. */
export type TablePayload = SpecifiedPayload | ProducerPayload;

/** Whether a payload of this type can be decoded by a table. */
export function hasPayloadLayout(type: number): boolean {
  return CHOICES.has(type);
}

/** The tables with straight-line code, by block type. Each is the only table of a type that the specification defines. */
const STRAIGHT: ReadonlyMap<number, Layout> = new Map(
  Object.entries<Layout>(PAYLOAD_LAYOUTS).flatMap(([type, table]) => (table.straight ? [[Number(type), table]] : [])),
);

/** The table with straight-line code that decodes payloads of this type; undefined for other types. */
export function straightLayout(type: number): Layout | undefined {
  return STRAIGHT.get(type);
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

/**
 * The table for a payload; undefined where none fits. `provisional`: later blocks may decide otherwise. Work for the types whose table only a walk
 * over all entries tells: 0x0055 is the Connectivity Table's code, which memslicer uses for something else, and Thread Contexts have no specified layout.
 */
export function beginChoice(context: LayoutContext, bytes: Uint8Array, reporter: Reporter): Begun<Choice<Layout>> {
  const { type, authorship } = context;
  switch (type) {
    case BlockType.ThreadContext:
      return hasReservedZeros(bytes) ? threadChoice(true, reporter) : walkedThread(bytes, context, reporter);
    case BlockType.ConnectivityTable:
      return connectivityOrBundle(bytes, authorship, context, reporter);
    case BlockType.SystemContext:
      return contextLayout(bytes, authorship, reporter);
    case BlockType.HandleTable:
      if (authorship.memdiver) return { table: MEMDIVER_HANDLE_TABLE };
      return authorship.memdiver === undefined
        ? { table: HANDLE_TABLE, provisional: HANDLES_MAY_BE_MEMDIVERS }
        : { table: HANDLE_TABLE };
    default:
      return commonChoice(type, reporter);
  }
}

/** The tables by block type. A Map: objects hash such numbers in a way that takes ten times as long. */
const CHOICES: ReadonlyMap<number, Choice<Layout>> = new Map(
  Object.entries(PAYLOAD_LAYOUTS).map(([type, table]) => [Number(type), { table }]),
);
const RAW: Choice<Layout> = { table: undefined };

function commonChoice(type: number, reporter: Reporter): Choice<Layout> {
  const choice = CHOICES.get(type);
  if (choice) reportForeignType(type, reporter);
  else reportUnspecified(reporter);
  return choice ?? RAW;
}

function* walkedThread(bytes: Uint8Array, rules: LayoutRules, reporter: Reporter): SlicedWork<Choice<Layout>> {
  return threadChoice(yield* isThreadContext(bytes, rules), reporter);
}

/** Payloads under the code of Thread Contexts that have another layout stay raw. */
function threadChoice(isThread: boolean, reporter: Reporter): Choice<Layout> {
  if (!isThread) {
    reportUnspecified(reporter);
    return { table: undefined };
  }
  const message = "Thread Context in the layout that is in use, which the specification does not define";
  reporter.add({ id: "EXT-THREAD", message, offset: 0, field: "type" });
  return { table: THREAD_CONTEXT };
}

/** The layout that fits; where neither does, memslicer's if other evidence says that memslicer wrote the capture. */
function contextLayout(bytes: Uint8Array, { memslicer }: Authorship, reporter: Reporter): Choice<Layout> {
  const fitting = fittingContext(bytes);
  if (fitting === SYSTEM_CONTEXT || (!fitting && memslicer === false)) return { table: SYSTEM_CONTEXT };
  if (!fitting && memslicer === undefined) return { table: SYSTEM_CONTEXT, provisional: CONTEXT_MAY_BE_MEMSLICERS };
  reporter.add({
    id: "SYS-LAYOUT-B",
    message: "System Context in memslicer's layout: TargetCount in one byte",
    offset: 8,
    field: "targetCount",
  });
  return { table: SYSTEM_CONTEXT_B };
}

function reportForeignType(type: number, reporter: Reporter): void {
  if (type === BlockType.MemslicerConnectivityTable) {
    reporter.add({
      id: "CON-TYPE",
      message: "Connectivity Table under the code 0x0054, expected 0x0055",
      offset: 0,
      field: "type",
    });
  } else if (isMemslicerType(type)) {
    reporter.add({ id: "EXT-MEMSLICER", message: "Block type of memslicer's own", offset: 0, field: "type" });
  } else if (type === BlockType.VasMap || type === BlockType.PointerGraph) {
    reporter.add({
      id: "EXT-MEMDIVER",
      message: "Payload in MemDiver's layout; the specification only reserves the code",
      offset: 0,
      field: "type",
    });
  }
}

function reportUnspecified(reporter: Reporter): void {
  reporter.add({ id: "TYP-UNSPECIFIED", message: "Block type without a specified payload", offset: 0, field: "type" });
}
