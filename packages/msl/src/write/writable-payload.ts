/** The payloads that the typed methods of the writer take: the objects that readers return, without what the writer computes itself. */
import { MslError } from "../errors.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import { isTableKind, type KindInput, type TableKind } from "./block-kinds.js";
import type { HintOptions, RegionOptions, ThreadOptions } from "./options.js";
import type { RegionInput } from "./region-input.js";

const SHOWN_LENGTH = 40;

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

/** A payload that a table lays out. */
export type WritableTable = { [K in TableKind]: { readonly kind: K } & InputOf<K> }[TableKind];
/** The payload of a Memory Region. */
export type WritableRegion = { readonly kind: "MemoryRegion" } & RegionInput;
/** A payload with its kind, as readers return it. */
export type WritablePayload = WritableTable | WritableRegion;

export function isWritableTable(payload: WritablePayload | Payload): payload is WritableTable {
  return isTableKind(payload?.kind);
}

/** Options of `MslWriter.write`: those of every kind of block. */
export type WriteOptions = RegionOptions & HintOptions & ThreadOptions;

/**
 * The options for a block of this kind. Options without meaning for the kind are left out, except announcements that such a block cannot make
 * (key hints): the options table of the kind refuses them.
 */
export function optionsOfKind(kind: string | undefined, options: WriteOptions): WriteOptions {
  const { keepNote, signal, hasKeyHints, keysAt, asRead, ...shared } = options;
  if (kind === "ThreadContext") return { ...shared, ...announced({ hasKeyHints, keysAt }), asRead };
  if (kind === "KeyHint") return { ...shared, ...announced({ hasKeyHints, keysAt }), keepNote };
  if (kind === "MemoryRegion") return { ...shared, hasKeyHints, keysAt, signal };
  return { ...shared, ...announced({ hasKeyHints, keysAt }) };
}

/** The options that announce something; false and empty lists announce nothing. */
function announced({ hasKeyHints, keysAt }: Pick<RegionOptions, "hasKeyHints" | "keysAt">): RegionOptions {
  return { ...(hasKeyHints ? { hasKeyHints } : {}), ...(keysAt?.length ? { keysAt } : {}) };
}

/** The `usage` error for a payload that no typed method takes. */
export function unwritable(payload: { readonly kind?: unknown } | null | undefined): MslError {
  const kind = typeof payload?.kind === "string" ? payload.kind.slice(0, SHOWN_LENGTH) : "a payload without kind";
  const why =
    kind === "EndOfCapture" ? "only end does" : "the specification defines no such payload, and writeRaw carries bytes over";
  return new MslError("usage", `write does not write ${kind}: ${why}`);
}
