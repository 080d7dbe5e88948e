/** What typed methods take: the objects that readers return, less what the writer knows itself. */
import { MslError } from "../errors.js";
import type { KindInput, TableKind } from "./block-kinds.js";
import type { HintOptions, RegionOptions, ThreadOptions } from "./options.js";
import type { RegionInput } from "./region-input.js";

const SHOWN_LENGTH = 40;

/** TableBitmap follows from the plan. */
export type SystemContextInput = Omit<KindInput<"SystemContext">, "tableBitmap">;
type ModuleListEntry = KindInput<"ModuleListIndex">["entries"][number];
/** Without a UUID, a module gets a new one. */
export interface ModuleListInput {
  readonly entries: readonly (Omit<ModuleListEntry, "moduleUuid"> & Partial<Pick<ModuleListEntry, "moduleUuid">>)[];
}

type InputOf<K extends TableKind> = K extends "SystemContext"
  ? SystemContextInput
  : K extends "ModuleListIndex"
    ? ModuleListInput
    : KindInput<K>;

/** The payload of a block, as readers return it. */
export type WritablePayload =
  | { [K in TableKind]: { readonly kind: K } & InputOf<K> }[TableKind]
  | ({ readonly kind: "MemoryRegion" } & RegionInput);

/**
 * What the method for this kind of block is told. What says nothing about such a block is left out; what promises something that the block
 * cannot have (key hints, fragments) stays, and is refused there.
 */
export function optionsOfKind(
  kind: string | undefined,
  options: RegionOptions & HintOptions & ThreadOptions,
): RegionOptions & HintOptions & ThreadOptions {
  const { keepNote, signal, hasKeyHints, keysAt, asRead, ...shared } = options;
  if (kind === "ThreadContext") return { ...shared, ...promised({ hasKeyHints, keysAt }), asRead };
  if (kind === "KeyHint") return { ...shared, ...promised({ hasKeyHints, keysAt }), keepNote };
  if (kind === "MemoryRegion") return { ...shared, hasKeyHints, keysAt, signal };
  return { ...shared, ...promised({ hasKeyHints, keysAt }) };
}

/** Only the promises that are made. */
function promised({ hasKeyHints, keysAt }: Pick<RegionOptions, "hasKeyHints" | "keysAt">): RegionOptions {
  return { ...(hasKeyHints ? { hasKeyHints } : {}), ...(keysAt?.length ? { keysAt } : {}) };
}

/** `usage`: a payload that no typed method takes. */
export function unwritable(payload: { readonly kind: string } | null | undefined): MslError {
  const kind = typeof payload?.kind === "string" ? payload.kind.slice(0, SHOWN_LENGTH) : "a payload without kind";
  const why =
    kind === "EndOfCapture" ? "only end does" : "the specification defines no such payload, and writeRaw carries bytes over";
  return new MslError("usage", `write does not write ${kind}: ${why}`);
}
