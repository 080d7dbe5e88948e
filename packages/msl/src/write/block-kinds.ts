/**
 * The kinds of blocks that the writer has typed methods for, and the values that they are written from. The specification defines all of them
 * but Thread Context, which a proposal defines.
 */
import { BlockType } from "../format/codes.js";
import type { StraightEncoder } from "../format/layout/encode.js";
import type { Layout } from "../format/layout/fields.js";
import { CONNECTIVITY_TABLE } from "../format/payloads/connectivity.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import { KEY_HINT } from "../format/payloads/memory-region.js";
import {
  IMPORT_PROVENANCE,
  MODULE_ENTRY,
  MODULE_LIST_INDEX,
  PROCESS_IDENTITY,
  RELATED_DUMP,
  THREAD_CONTEXT,
} from "../format/payloads/process-tables.js";
import { MODULE_ENTRY_ENCODER } from "../format/payloads/straight-code.js";
import { CONNECTION_TABLE, HANDLE_TABLE, PROCESS_TABLE, SYSTEM_CONTEXT } from "../format/payloads/system-tables.js";
import type { WritableTables } from "../format/payloads/writable-types.js";
import type { RegionInput } from "./region-input.js";

/**
 * Block types and layouts by kind. `table`: a table of the whole system, whose parent is the System Context. `straight`: straight-line code that encodes, for a
 * kind that captures have very many of.
 */
export const BLOCK_KINDS = {
  ImportProvenance: { type: BlockType.ImportProvenance, layout: IMPORT_PROVENANCE, table: false },
  ProcessIdentity: { type: BlockType.ProcessIdentity, layout: PROCESS_IDENTITY, table: false },
  ModuleListIndex: { type: BlockType.ModuleListIndex, layout: MODULE_LIST_INDEX, table: false },
  SystemContext: { type: BlockType.SystemContext, layout: SYSTEM_CONTEXT, table: false },
  ProcessTable: { type: BlockType.ProcessTable, layout: PROCESS_TABLE, table: true },
  ConnectionTable: { type: BlockType.ConnectionTable, layout: CONNECTION_TABLE, table: true },
  HandleTable: { type: BlockType.HandleTable, layout: HANDLE_TABLE, table: true },
  ConnectivityTable: { type: BlockType.ConnectivityTable, layout: CONNECTIVITY_TABLE, table: true },
  ThreadContext: { type: BlockType.ThreadContext, layout: THREAD_CONTEXT, table: false },
  ModuleEntry: { type: BlockType.ModuleEntry, layout: MODULE_ENTRY, table: false, straight: MODULE_ENTRY_ENCODER },
  KeyHint: { type: BlockType.KeyHint, layout: KEY_HINT, table: false },
  RelatedDump: { type: BlockType.RelatedDump, layout: RELATED_DUMP, table: false },
} as const;

/** Kinds whose payload a layout describes field by field. */
export type TableKind = keyof typeof BLOCK_KINDS;
interface TableOfKind {
  readonly type: number;
  readonly layout: Layout;
  readonly straight?: StraightEncoder;
}

/** The kind that was asked for last: most blocks have the kind of the block before, and looking up a property by a name takes longer than comparing it. */
let lastKind: TableKind | undefined;
let lastOfKind: TableOfKind = BLOCK_KINDS.ProcessIdentity;

/** What `BLOCK_KINDS` says about a kind. */
export function blockKind(kind: TableKind): TableOfKind {
  if (kind === lastKind) return lastOfKind;
  lastKind = kind;
  lastOfKind = BLOCK_KINDS[kind];
  return lastOfKind;
}

/** All kinds of blocks; the payload of a Memory Region is streamed. */
export type BlockKind = TableKind | "MemoryRegion";

/** The value that a block of this kind is written from: the object that readers return, or one without its optional fields. */
export type KindInput<K extends TableKind> = WritableTables[K];

export function isTableKind(kind: string): kind is TableKind {
  return Object.hasOwn(BLOCK_KINDS, kind);
}

export function typeOfKind(kind: BlockKind): number {
  return kind === "MemoryRegion" ? BlockType.MemoryRegion : BLOCK_KINDS[kind].type;
}

const SPECIFIED: ReadonlySet<number> = new Set(
  [BlockType.MemoryRegion, ...Object.values(BLOCK_KINDS).map(({ type }) => type)].filter(
    (type) => type !== BlockType.ThreadContext,
  ),
);

/** Whether a 1.1 producer may write blocks of this type by a typed method. False for End-of-Capture, which only `end` writes. */
export function isSpecifiedType(type: number): boolean {
  return SPECIFIED.has(type);
}

const SYSTEM_TABLES: ReadonlySet<number> = new Set(
  Object.values(BLOCK_KINDS).flatMap(({ type, table }) => (table ? [type] : [])),
);

/** Whether the type is a table of the whole system. */
export function isSystemTable(type: number): boolean {
  return SYSTEM_TABLES.has(type);
}

/** A System Context without TableBitmap, which follows from `contents`. */
export type SystemContextInput = Omit<KindInput<"SystemContext">, "tableBitmap">;
type ModuleListEntry = KindInput<"ModuleListIndex">["entries"][number];
/** A Module List Index. A module without `moduleUuid` gets a new UUID. */
export interface ModuleListInput {
  readonly entries: readonly (Omit<ModuleListEntry, "moduleUuid"> & Partial<Pick<ModuleListEntry, "moduleUuid">>)[];
}

type InputOf<K extends TableKind> = K extends "SystemContext"
  ? SystemContextInput
  : K extends "ModuleListIndex"
    ? ModuleListInput
    : KindInput<K>;

/** A payload of any kind but Memory Region, with its kind. */
export type WritableTable = { [K in TableKind]: { readonly kind: K } & InputOf<K> }[TableKind];
/** The payload of a Memory Region, with its kind. */
export type WritableRegion = { readonly kind: "MemoryRegion" } & RegionInput;
/** A payload with its kind: one that a reader returned, or one made by the caller. */
export type WritablePayload = WritableTable | WritableRegion;

export function isWritableTable(payload: WritablePayload | Payload): payload is WritableTable {
  return isTableKind(payload?.kind);
}
