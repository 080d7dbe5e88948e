/** The payloads of the blocks of one kind, for tables. */
import { BlockType, type Capture, type Payload } from "@memslice/msl";
import { withLimitOptions } from "../limit-option.js";
import { inTurns } from "../turns.js";
import type { TableContent } from "./column.js";

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

/** The most entries that are listed: many small blocks may hold very many. */
const ENTRIES_MOST = 1_000_000;
/** The most blocks that are named one by one as not readable. */
export const NAMED_MOST = 100;

/** What one block has: its payload, or its fields before the damage, or neither; and why it cannot be decoded as a whole. */
interface BlockContent<K extends Kind> {
  readonly block: number;
  readonly payload: PayloadOf<K> | Readonly<Record<string, unknown>> | undefined;
  readonly problem: string | undefined;
}

/** The contents of all blocks of a kind in file order, one at a time. Blocks behind End-of-Capture are ignored. */
export async function* contentsOf<K extends Kind>(
  capture: Capture,
  kind: K,
  signal: AbortSignal,
): AsyncGenerator<BlockContent<K>, void, undefined> {
  for await (const block of inTurns(capture.blocks.ofType(BlockType[kind]), signal)) {
    if (block.afterEoc) continue;
    const { payload, problem, partial } = await block.decode(signal);
    if (payload && isKind(payload, kind)) yield { block: block.index, payload, problem: undefined };
    else {
      const reason = withLimitOptions(problem?.message ?? "its payload is not decoded");
      yield { block: block.index, payload: partial, problem: `${block.typeName} in block ${block.index}: ${reason}` };
    }
  }
}

/** Sentences about a content that the header announces and no block has, and about the blocks of a kind that cannot be decoded. */
export class ContentProblems {
  readonly #sentences: string[];
  #count = 0;

  constructor(capture: Capture, ...kinds: readonly Kind[]) {
    this.#sentences = [...new Set(kinds.map((kind) => ANNOUNCED[kind]))].flatMap((name) => missingContent(capture, name));
  }

  add(problem: string | undefined): void {
    if (problem !== undefined && this.#count++ < NAMED_MOST) this.#sentences.push(problem);
  }

  get sentences(): string[] {
    if (this.#count <= NAMED_MOST) return this.#sentences;
    return [...this.#sentences, `Further blocks that cannot be read: ${this.#count - NAMED_MOST}`];
  }
}

/** The sentences about all blocks of some kinds. */
export async function problemsOf(capture: Capture, kinds: readonly Kind[], signal: AbortSignal): Promise<string[]> {
  const problems = new ContentProblems(capture, ...kinds);
  for (const kind of kinds) for await (const { problem } of contentsOf(capture, kind, signal)) problems.add(problem);
  return problems.sentences;
}

/** The entries of all tables of a kind; of a table that is damaged, those before the damage. */
export async function entriesOf<K extends Kind>(
  capture: Capture,
  kind: K,
  signal: AbortSignal,
): Promise<TableContent<EntryOf<K>>> {
  const rows: EntryOf<K>[] = [];
  const problems = new ContentProblems(capture, kind);
  let count = 0;
  for await (const { payload, problem } of contentsOf(capture, kind, signal)) {
    problems.add(problem);
    const entries = entriesIn<K>(payload);
    count += entries.length;
    for (const entry of entries.slice(0, ENTRIES_MOST - rows.length)) rows.push(entry);
  }
  const more = count - rows.length;
  return {
    rows,
    problems: [...problems.sentences, ...(more > 0 ? [`Behind the first ${ENTRIES_MOST}, entries are not listed: ${more}`] : [])],
  };
}

/** The number of entries of all tables of a kind. */
export async function countEntries(capture: Capture, kind: Kind, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const { payload } of contentsOf(capture, kind, signal)) count += entriesIn(payload).length;
  return count;
}

function entriesIn<K extends Kind>(payload: object | undefined): readonly EntryOf<K>[] {
  const entries: unknown = payload && "entries" in payload ? payload.entries : undefined;
  return Array.isArray(entries) ? entries : [];
}

function isKind<K extends Kind>(payload: Payload, kind: K): payload is PayloadOf<K> {
  return payload.kind === kind;
}

/** A sentence if the header announces the content, and no block has it; blocks that were found behind damage are no proof that it is all there. */
export function missingContent({ announcedButMissing, end }: Capture, name: string): string[] {
  if (!announcedButMissing.includes(name)) return [];
  const where =
    end.salvaged > 0
      ? "no block before the damage has it: more may be lost than was found"
      : "the chain reaches no block with it";
  return [`The header announces ${name}, and ${where}`];
}
