/**
 * The Module List Index of the output, from the indexes and Module Entries of the source. Readers of 1.1 rely on it: every module in it has a Module Entry,
 * and every Module Entry is in it.
 */
import { BlockType } from "../format/codes.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import { TimeSlice } from "../source/time-slice.js";
import { UuidSet } from "../uuid-table.js";
import type { ModuleListInput } from "../write/block-kinds.js";
import { Column } from "./column.js";
import type { TranscodeContext } from "./context.js";
import { isUuidV4 } from "./identities.js";
import type { AddedItem, KeptBlocks } from "./kept-blocks.js";
import type { TranscodeChange } from "./report.js";

const UNITS_PER_LINE = 16;
/** With its NUL, a path has at most 65,535 bytes. */
const PATH_END = 0xffff;

type ModuleLine = ModuleListInput["entries"][number];
type ReadLine = Extract<Payload, { kind: "ModuleListIndex" }>["entries"][number];

export interface ModuleList {
  /** The first index of the source that can be read, and the further ones. */
  readonly source: number | undefined;
  readonly others: readonly number[];
  readonly entries: readonly ModuleLine[];
  /** Module Entries for modules that an index announces and the source lacks. */
  readonly added: readonly AddedItem[];
  /** Whether the index announces the block. */
  readonly announces: (block: number) => boolean;
  readonly changes: readonly TranscodeChange[];
}

export async function moduleList(kept: KeptBlocks, context: TranscodeContext): Promise<ModuleList> {
  const { identities } = context;
  const read = await readIndexes(context);
  const entries: ModuleLine[] = [];
  const added: AddedItem[] = [];
  const changes: TranscodeChange[] = [...read.changes];
  if (!context.wanted.has(BlockType.ModuleEntry)) {
    const message = `${read.lines.length} modules are not listed: Module Entries were not selected`;
    if (read.lines.length > 0) changes.push({ id: "selection", field: "entries", message });
    return { source: read.source, others: read.others, entries, added, announces: () => false, changes };
  }
  const slice = new TimeSlice(context.signal);
  /** 1 for a block that the index announces. */
  const taken = new Column(Uint8Array, context.capture.blocks.length);
  const announcedUuids = new UuidSet();
  for (const given of read.lines) {
    if (slice.isSpent(UNITS_PER_LINE)) await slice.renew();
    const line = fitting(given, (change) => changes.push(change));
    const block = identities.find(line.moduleUuid);
    const found = block >= 0 && taken.get(block) === 0 && isModule(kept, block);
    if (found) taken.set(block, 1);
    const uuid = found ? identities.uuidOf(block) : freeUuid(line.moduleUuid, block, announcedUuids, context);
    announcedUuids.add(uuid);
    entries.push({ ...line, moduleUuid: uuid });
    if (uuid !== line.moduleUuid) changes.push({ id: "uuid", field: "moduleUuid", message: `${line.moduleUuid} became ${uuid}` });
    if (!found) added.push(moduleOf(line, uuid));
    else if (kept.kindOf(block) === "table") changes.push(...(await contradiction(line, block, context)));
  }
  let unannounced = 0;
  for (const block of kept.blocks()) {
    if (slice.isSpent()) await slice.renew();
    if (!isModule(kept, block) || kept.kindOf(block) !== "table" || taken.get(block) !== 0) continue;
    entries.push(await lineOf(block, context));
    unannounced++;
  }
  if (unannounced > 0 && read.source !== undefined) {
    const message = `${unannounced} Module Entries were not in the index, and are`;
    changes.push({ id: "mended", lint: "MOD-MISMATCH", field: "entries", message });
  }
  return { source: read.source, others: read.others, entries, added, announces: (block) => taken.get(block) !== 0, changes };
}

/** Whether the block is a Module Entry that is in the output, be it as bytes. */
function isModule(kept: KeptBlocks, block: number): boolean {
  return kept.has(block) && kept.typeOf(block) === BlockType.ModuleEntry;
}

/** The change that reports an index and a Module Entry that differ about a module. Both are evidence, and both stay as they are. */
async function contradiction(line: ReadLine, block: number, context: TranscodeContext): Promise<TranscodeChange[]> {
  const { baseAddr, moduleSize, path } = await lineOf(block, context);
  if (line.baseAddr === baseAddr && line.moduleSize === moduleSize && line.path === path) return [];
  const message = `Index and Module Entry, block ${block}, differ about module ${line.moduleUuid}`;
  return [{ id: "kept", lint: "MOD-MISMATCH", message }];
}

/** Empties a path that no longer fits its length field: U+FFFD takes three bytes where ill-formed text had one. */
function fitting(line: ReadLine, tell: (change: TranscodeChange) => void): ReadLine {
  const { length } = new TextEncoder().encode(line.path);
  if (length < PATH_END) return line;
  const message = `The path of module ${line.moduleUuid} takes ${length} bytes as well-formed UTF-8, which do not fit; it is left empty`;
  tell({ id: "dropped", lint: "STR-UTF8", field: "path", message });
  return { ...line, path: "" };
}

interface ReadIndexes {
  readonly source: number | undefined;
  readonly others: readonly number[];
  readonly lines: readonly ReadLine[];
  readonly changes: readonly TranscodeChange[];
}

async function readIndexes({ capture, signal }: TranscodeContext): Promise<ReadIndexes> {
  const readable: number[] = [];
  const lines: ReadLine[] = [];
  const changes: TranscodeChange[] = [];
  for (const block of capture.blocks.ofType(BlockType.ModuleListIndex)) {
    if (block.afterEoc) break;
    const { payload, partial, problem } = await block.decode(signal);
    const found = payload?.kind === "ModuleListIndex" ? payload.entries : partial && ((partial["entries"] ?? []) as ReadLine[]);
    if (!found) continue;
    readable.push(block.index);
    for (const line of found) lines.push(line);
    if (problem) {
      const message = `${problem.message}; its ${found.length} complete entries are in the output`;
      changes.push({ id: "dropped", lint: problem.id, field: "entries", message });
    }
  }
  const [source, ...others] = readable;
  return { source, others, lines, changes };
}

/** The announced UUID, unless another block has it or it cannot be one. */
function freeUuid(uuid: string, block: number, used: UuidSet, { identities }: TranscodeContext): string {
  const free = block < 0 && !used.has(uuid) && isUuidV4(uuid);
  return free ? uuid : identities.fresh();
}

function moduleOf({ baseAddr, moduleSize, path }: ReadLine, uuid: string): AddedItem {
  return {
    kind: "added",
    type: BlockType.ModuleEntry,
    uuid,
    payload: { kind: "ModuleEntry", baseAddr, moduleSize, path },
    lint: "MOD-MISMATCH",
    message:
      "The Module List Index announces this module, but there is no Module Entry that can be read: version and digest are unknown",
  };
}

async function lineOf(block: number, { capture, identities, signal }: TranscodeContext): Promise<ModuleLine> {
  const { payload } = await capture.blocks.at(block).decode(signal);
  const known = payload?.kind === "ModuleEntry" ? payload : { baseAddr: 0n, moduleSize: 0n, path: "" };
  return { moduleUuid: identities.uuidOf(block), baseAddr: known.baseAddr, moduleSize: known.moduleSize, path: known.path };
}
