/** The payloads of the blocks of one kind, for tables. */
import { BlockType, type Capture, type Payload } from "@memslice/msl";
import { withLimitOptions } from "../limit-option.js";
import { inTurns } from "../turns.js";

type Kind = "ModuleEntry" | "ModuleListIndex" | "SystemContext" | "ProcessTable" | "ConnectionTable" | "HandleTable";
type PayloadOf<K extends Kind> = Extract<Payload, { readonly kind: K }>;
type EntryOf<K extends Kind> = PayloadOf<K> extends { readonly entries: readonly (infer Entry)[] } ? Entry : never;

/** The names of the contents in CapBitmap. */
const ANNOUNCED: Readonly<Record<Kind, string>> = {
  ModuleEntry: "ModuleList",
  ModuleListIndex: "ModuleList",
  SystemContext: "SystemContext",
  ProcessTable: "SystemProcessTable",
  ConnectionTable: "SystemNetworkTable",
  HandleTable: "SystemHandleTable",
};

interface Read<T> {
  readonly block: number;
  readonly payload: T;
}

/**
 * The decoded payloads in file order; the fields before the damage of blocks that cannot be decoded; and a sentence for each of these blocks. Blocks behind
 * End-of-Capture are ignored.
 */
export async function payloadsOf<K extends Kind>(capture: Capture, kind: K, signal: AbortSignal) {
  const found: Read<PayloadOf<K>>[] = [];
  const partial: Read<Readonly<Record<string, unknown>>>[] = [];
  const problems = missingContent(capture, ANNOUNCED[kind]);
  for await (const block of inTurns(capture.blocks.ofType(BlockType[kind]), signal)) {
    if (block.afterEoc) continue;
    const { payload, problem, partial: fields } = await block.decode(signal);
    if (payload && isKind(payload, kind)) found.push({ block: block.index, payload });
    else {
      const reason = withLimitOptions(problem?.message ?? "its payload is not decoded");
      problems.push(`${block.typeName} in block ${block.index}: ${reason}`);
      if (fields) partial.push({ block: block.index, payload: fields });
    }
  }
  return { found, partial, problems };
}

/** The entries of all tables of a kind; of a table that is damaged, those before the damage. */
export async function entriesOf<K extends Kind>(capture: Capture, kind: K, signal: AbortSignal) {
  const { found, partial, problems } = await payloadsOf(capture, kind, signal);
  const tables: Read<object>[] = [...found, ...partial].toSorted((a, b) => a.block - b.block);
  const rows = tables.flatMap(({ payload }) => {
    const entries: unknown = "entries" in payload ? payload.entries : undefined;
    return Array.isArray(entries) ? (entries as EntryOf<K>[]) : [];
  });
  return { rows, problems };
}

function isKind<K extends Kind>(payload: Payload, kind: K): payload is PayloadOf<K> {
  return payload.kind === kind;
}

/** A sentence if the header announces the content, and no block has it. */
export function missingContent({ announcedButMissing }: Capture, name: string): string[] {
  return announcedButMissing.includes(name) ? [`The header announces ${name}, and the capture has no block with it`] : [];
}
