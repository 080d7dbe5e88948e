/** The modules of the captured process: Module Entry blocks joined with the entries of the Module List Index; and modules by address. */

import type { Deviation } from "../deviations/deviation.js";
import { BlockType } from "../format/codes.js";
import { ADDRESS_SPACE_END } from "../format/payloads/memory-region.js";
import type { TablePayload } from "../format/payloads/registry.js";
import { addressJson } from "../json/layout-json.js";
import { shownAs } from "../json/shown.js";
import { itemsInSlices, sortInSlices, TimeSlice } from "../source/time-slice.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";

type ModuleEntry = Extract<TablePayload, { kind: "ModuleEntry" }>;
type Announcement = Extract<TablePayload, { kind: "ModuleListIndex" }>["entries"][number];

/** A module of the captured process: an executable or a library, mapped into its memory. */
export interface Module {
  readonly baseAddr: bigint;
  /** Bytes of the mapping. */
  readonly moduleSize: bigint;
  readonly path: string;
  /** Whether the block from which address, size and path are taken was found by searching behind damage. */
  readonly salvaged: boolean;
  /** The Module Entry block and its payload; absent for a module that only the index names. */
  readonly block?: CaptureBlock;
  readonly entry?: ModuleEntry;
  /** The entry of the Module List Index; absent for a module that the index does not name. */
  readonly announced?: Announcement;
}

interface FoundEntry {
  readonly block: CaptureBlock;
  readonly entry: ModuleEntry;
}

export interface ModuleSurvey {
  /** Modules of the index in its order, then other modules in file order. */
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

/** `complete`: whether the Module List Index has an entry for each module that it counts. The index of MSL 0.1 has only their number. */
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

/** Module Entries by BlockUUID. The key of a repeated UUID has the index of its block, so that no module is lost. */
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

/** Address, size and path from the Module Entry; from the index if only the entry was salvaged. */
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

const ADDRESS_SPACE_LAST = ADDRESS_SPACE_END - 1n;

/** Modules by address. They are sorted once; a look-up takes logarithmic time, however many mappings overlap. */
export class ModuleMap {
  readonly #sure: Mappings;
  readonly #salvaged: Mappings;

  private constructor(sure: Mappings, salvaged: Mappings) {
    this.#sure = sure;
    this.#salvaged = salvaged;
  }

  /** Throws `aborted` when the signal fires. */
  static async of(modules: readonly Module[], signal?: AbortSignal): Promise<ModuleMap> {
    const slice = new TimeSlice(signal);
    const mapped = modules.filter(({ moduleSize }) => moduleSize > 0n);
    const sure = await Mappings.of(
      mapped.filter(({ salvaged }) => !salvaged),
      slice,
    );
    const salvaged = await Mappings.of(
      mapped.filter((module) => module.salvaged),
      slice,
    );
    return new ModuleMap(sure, salvaged);
  }

  /**
   * The module whose mapping contains the address. Of several modules, one that was not salvaged is preferred, then the one with the highest base,
   * then the first of the list.
   */
  at(address: bigint): Module | undefined {
    return this.#sure.at(address) ?? this.#salvaged.at(address);
  }
}

class Mappings {
  /** Ascending by base; modules of equal bases in reverse order of the list. */
  readonly #modules: readonly Module[];
  /** A binary tree over the last addresses of the mappings: node i holds the higher value of its children 2i and 2i + 1; leaves are in order. */
  readonly #highest: BigUint64Array;
  readonly #leaves: number;

  /** `modules`: sorted. */
  private constructor(modules: readonly Module[]) {
    this.#modules = modules;
    // Room for one more leaf than mappings: a search may begin behind the last mapping.
    this.#leaves = 2 ** Math.ceil(Math.log2(modules.length + 1));
    this.#highest = new BigUint64Array(2 * this.#leaves);
  }

  /** `modules`: modules with a mapping, in the order of the capture. */
  static async of(modules: readonly Module[], slice: TimeSlice): Promise<Mappings> {
    const base = (position: number) => modules[position]?.baseAddr ?? 0n;
    const backwards = Uint32Array.from(modules.keys()).reverse();
    const order = await sortInSlices(backwards, (a, b) => base(a) < base(b), slice);
    const mappings = new Mappings(Array.from(order, (position) => modules[position]).filter((module) => module !== undefined));
    await mappings.#grow(slice);
    return mappings;
  }

  async #grow(slice: TimeSlice): Promise<void> {
    for (const [i, module] of this.#modules.entries()) {
      if (slice.isSpent()) await slice.renew();
      this.#highest[this.#leaves + i] = lastAddress(module);
    }
    for (let node = this.#leaves - 1; node > 0; node--) {
      if (slice.isSpent()) await slice.renew();
      this.#highest[node] = higher(this.#of(2 * node), this.#of(2 * node + 1));
    }
  }

  /** The last mapping in order that contains the address. */
  at(address: bigint): Module | undefined {
    const end = this.#beginningUpTo(address);
    let node = this.#leaves + end;
    // Up to the first subtree left of `end` in which a mapping reaches the address, then down to the last such leaf.
    while (node > 1) {
      const isRight = node % 2 === 1;
      node = isRight ? node - 1 : node / 2;
      if (!isRight) continue;
      if (this.#of(node) < address) {
        node /= 2;
        continue;
      }
      while (node < this.#leaves) node = this.#of(2 * node + 1) >= address ? 2 * node + 1 : 2 * node;
      const module = this.#modules[node - this.#leaves];
      return module && module.baseAddr <= address && lastAddress(module) >= address ? module : undefined;
    }
    return undefined;
  }

  #of(node: number): bigint {
    return this.#highest[node] ?? 0n;
  }

  /** The number of mappings with a base address up to `address`. */
  #beginningUpTo(address: bigint): number {
    let low = 0;
    let high = this.#modules.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#modules[middle]?.baseAddr ?? 0n) <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A mapping that claims to pass the end of the address space ends there. */
function lastAddress({ baseAddr, moduleSize }: Module): bigint {
  const last = baseAddr + moduleSize - 1n;
  return last > ADDRESS_SPACE_LAST ? ADDRESS_SPACE_LAST : last;
}

function higher(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
