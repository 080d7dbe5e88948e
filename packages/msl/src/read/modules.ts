/** The captured process's modules: Module Entry blocks joined with what the Module List Index announced. */

import type { Deviation } from "../deviations/deviation.js";
import { BlockType } from "../format/codes.js";
import type { TablePayload } from "../format/payloads/registry.js";
import { addressJson } from "../json/layout-json.js";
import { shownAs } from "../json/shown.js";
import { itemsInSlices } from "../source/time-slice.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";

type ModuleEntry = Extract<TablePayload, { kind: "ModuleEntry" }>;
type Announcement = Extract<TablePayload, { kind: "ModuleListIndex" }>["entries"][number];

export interface Module {
  readonly baseAddr: bigint;
  /** Bytes of the mapping. */
  readonly moduleSize: bigint;
  readonly path: string;
  /** Whether the block that tells its address, size and path was found by searching behind damage. */
  readonly salvaged: boolean;
  /** The Module Entry block and what it says; absent for a module that was only announced. */
  readonly block?: CaptureBlock;
  readonly entry?: ModuleEntry;
  /** What the Module List Index says; absent for a module that it does not name. */
  readonly announced?: Announcement;
}

interface FoundEntry {
  readonly block: CaptureBlock;
  readonly entry: ModuleEntry;
}

export interface ModuleSurvey {
  /** Announced ones in the order of the index, then the others in file order. */
  readonly modules: readonly Module[];
  readonly deviations: readonly Deviation[];
}

export async function surveyModules(blocks: BlockList, signal: AbortSignal | undefined): Promise<ModuleSurvey> {
  const announcements = await readAnnouncements(blocks, signal);
  const entries = await readEntries(blocks, signal);
  const deviations: Deviation[] = [];
  const modules: Module[] = [];
  for await (const { announced, index } of itemsInSlices(announcements.list, signal)) {
    const found = entries.get(announced.moduleUuid);
    if (!found) deviations.push(mismatch(index, `Module ${announced.moduleUuid} is announced, but has no Module Entry`));
    entries.delete(announced.moduleUuid);
    modules.push(withoutTable({ ...surerOf(found, announced, index), announced, ...found }));
    if (found && differs(found.entry, announced))
      deviations.push(mismatch(found.block, `Module Entry and Module List Index differ about module ${announced.moduleUuid}`));
  }
  for await (const [uuid, found] of itemsInSlices(entries, signal)) {
    modules.push(withoutTable({ ...found.entry, ...found, salvaged: found.block.salvaged }));
    if (announcements.complete) deviations.push(mismatch(found.block, `Module ${uuid} is not in the Module List Index`));
  }
  return { modules, deviations };
}

/** `complete`: an index is there and lists its modules; MSL 0.1 stores their number alone. */
async function readAnnouncements(blocks: BlockList, signal: AbortSignal | undefined) {
  const list: { announced: Announcement; index: CaptureBlock }[] = [];
  let complete = false;
  for await (const index of itemsInSlices(blocks.ofType(BlockType.ModuleListIndex), signal)) {
    if (index.afterEoc) break;
    const { payload, partial } = await index.decode(signal);
    const announced = payload?.kind === "ModuleListIndex" ? payload.entries : ((partial?.["entries"] ?? []) as Announcement[]);
    for (const entry of announced) list.push({ announced: entry, index });
    complete = payload?.kind === "ModuleListIndex" && payload.entries.length === payload.entryCount;
  }
  return { list, complete };
}

/** By BlockUUID; a repeated UUID must not hide a module, so the block's index is added to it. */
async function readEntries(blocks: BlockList, signal: AbortSignal | undefined) {
  const entries = new Map<string, FoundEntry>();
  for await (const block of itemsInSlices(blocks.ofType(BlockType.ModuleEntry), signal)) {
    if (block.afterEoc) break;
    const { payload } = await block.decode(signal);
    if (payload?.kind !== "ModuleEntry") continue;
    entries.set(entries.has(block.uuid) ? `${block.uuid} (block ${block.index})` : block.uuid, { block, entry: payload });
  }
  return entries;
}

/** The entry's word, unless it was found by searching behind damage, and the index was not. */
function surerOf(found: FoundEntry | undefined, announced: Announcement, index: CaptureBlock) {
  const isEntrySure = found && (!found.block.salvaged || index.salvaged);
  return isEntrySure ? { ...found.entry, salvaged: found.block.salvaged } : { ...announced, salvaged: index.salvaged };
}

function withoutTable({ baseAddr, moduleSize, path, salvaged, block, entry, announced }: Module): Module {
  return shownModule({
    baseAddr,
    moduleSize,
    path,
    salvaged,
    ...(block && entry ? { block, entry } : {}),
    ...(announced ? { announced } : {}),
  });
}

const shownModule = shownAs("Module", ({ baseAddr, moduleSize, ...rest }: Module) => ({
  baseAddr: addressJson(baseAddr),
  moduleSize: String(moduleSize),
  ...rest,
}));

function differs(entry: ModuleEntry, announced: Announcement): boolean {
  return entry.baseAddr !== announced.baseAddr || entry.moduleSize !== announced.moduleSize || entry.path !== announced.path;
}

function mismatch(block: CaptureBlock, message: string): Deviation {
  return { id: "MOD-MISMATCH", message, offset: block.offset, block: block.index };
}
