/** References between the blocks of a capture by UUID. A reference to no block is kept and reported. */

import type { BlockRecords } from "@memslice/core-wasm";
import { isZero } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { uuidText } from "../format/layout/uuid-text.js";
import { Shown } from "../json/shown.js";
import { type SlicedWork, UNITS_PER_YIELD } from "../sliced-work.js";
import { itemsInSlices } from "../source/time-slice.js";
import { UuidTable } from "../uuid-table.js";
import type { BlockIndex } from "./block-index.js";

/** A parent is the index of a block, or one of these: no parent, or a parent that is not in the capture. */
const NONE = -1;
const DANGLING = -2;

/** The children of block i are `children[starts[i]]` to `children[starts[i + 1] - 1]`, in file order. */
interface Children {
  readonly starts: Int32Array;
  readonly children: Int32Array;
}

/** References between the blocks of a capture by UUID. A reference to no block is kept and reported. */
export class References extends Shown {
  readonly #index: BlockIndex;
  readonly #uuids: UuidIndex;
  /** The parent of every block. */
  readonly #parents: Int32Array;
  readonly #children: Children;
  /** The number of blocks whose parent is not in the capture. */
  readonly #danglingCount: number;

  private constructor(index: BlockIndex, uuids: UuidIndex, parents: Int32Array, children: Children, danglingCount: number) {
    super();
    this.#index = index;
    this.#uuids = uuids;
    this.#parents = parents;
    this.#children = children;
    this.#danglingCount = danglingCount;
  }

  /** The number of blocks, of blocks with a parent, of blocks whose parent is not in the capture, and of blocks that repeat the UUID of another block. */
  override toJSON() {
    const { children } = this.#children;
    const duplicates = this.#uuids.duplicates.length;
    return { blocks: this.#parents.length, children: children.length, dangling: this.#danglingCount, duplicates };
  }

  /** Indexes all blocks, also behind End-of-Capture. */
  static *making(index: BlockIndex): SlicedWork<References> {
    const { records } = index;
    const uuids = yield* UuidIndex.making(records, index.length, index.byTrust());
    const parents = new Int32Array(index.length);
    let dangling = 0;
    for (let block = 0; block < parents.length; block++) {
      const uuid = records.parentUuidBytes(block);
      const parent = isZero(uuid) ? NONE : found(uuids.findBytes(uuid));
      if (parent === DANGLING) dangling++;
      parents[block] = parent;
      if (block % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
    }
    return new References(index, uuids, parents, yield* childrenByParent(parents), dangling);
  }

  /** Index of the first block with this UUID (canonical text), or -1. */
  find(uuid: string): number {
    return this.#uuids.find(uuid);
  }

  /** `find` for the UUID in the 16 bytes from `at` on. */
  findBytes(bytes: Uint8Array, at = 0): number {
    return this.#uuids.findBytes(bytes, at);
  }

  /** Index of the block that ParentUUID names, or -1 without one. */
  parentOf(block: number): number {
    return Math.max(NONE, this.#parents[block] ?? NONE);
  }

  /** The indexes of the blocks that name this one as their parent, in file order: a copy. */
  childrenOf(block: number): Int32Array {
    const { starts, children } = this.#children;
    return children.slice(starts[block], starts[block + 1]);
  }

  /**
   * Repeated UUIDs, missing parents, loops of parents, modules and tables with the wrong parent, and a wrong HasChildren. Looks for them in slices. Throws
   * `aborted`.
   */
  deviations(signal?: AbortSignal): AsyncGenerator<Deviation, void, undefined> {
    return itemsInSlices(this.#findings(), signal);
  }

  /** The deviations, with an undefined item after each slice of work. */
  *#findings(): Generator<Deviation | undefined> {
    yield* this.#duplicates();
    yield* this.#dangling();
    yield* this.#cycles();
    yield* this.#wrongParents();
    yield* this.#flags();
  }

  *#duplicates(): Generator<Deviation | undefined> {
    const { records } = this.#index;
    for (const block of this.#uuids.duplicates) {
      const uuid = records.readUuid(block, uuidText);
      const first = this.#uuids.findBytes(records.uuidBytes(block));
      yield this.#deviation(
        "UUID-DUP",
        block,
        0x10,
        `BlockUUID ${uuid} is that of block ${first} too; references mean block ${first}`,
      );
    }
  }

  *#dangling(): Generator<Deviation | undefined> {
    for (let block = 0; block < this.#parents.length; block++) {
      if (block % UNITS_PER_YIELD === 0) yield;
      if (this.#parents[block] !== DANGLING) continue;
      const uuid = uuidText(this.#index.records.parentUuidBytes(block));
      yield this.#deviation("REF-DANGLING", block, 0x20, `ParentUUID ${uuid} names no block of the capture`);
    }
  }

  /** Follows parents from every block; each block is passed once. A walk that comes to one of its own blocks has found a loop. */
  *#cycles(): Generator<Deviation | undefined> {
    const walkOf = new Int32Array(this.#parents.length).fill(NONE);
    let walked = 0;
    for (let start = 0; start < walkOf.length; start++) {
      if (start % UNITS_PER_YIELD === 0) yield;
      let block = start;
      while (block >= 0 && walkOf[block] === NONE) {
        walkOf[block] = start;
        block = this.#parents[block] ?? NONE;
        if (++walked % UNITS_PER_YIELD === 0) yield;
      }
      if (block >= 0 && walkOf[block] === start) {
        yield this.#deviation("REF-CYCLE", block, 0x20, `The parents of block ${block} lead back to it; it is shown as a root`);
      }
    }
  }

  *#wrongParents(): Generator<Deviation | undefined> {
    const { records } = this.#index;
    for (let block = 0; block < this.#index.length; block++) {
      if (block % UNITS_PER_YIELD === 0) yield;
      const wanted = wantedParent(records.type(block));
      const parent = this.#parents[block] ?? NONE;
      if (wanted === undefined || parent === DANGLING || (parent >= 0 && records.type(parent) === wanted.type)) continue;
      const found = parent < 0 ? "has no parent" : `has block ${parent} as its parent`;
      yield this.#deviation("REF-PARENT", block, 0x20, `Block ${block} ${found}, expected the ${wanted.name}`);
    }
  }

  *#flags(): Generator<Deviation | undefined> {
    const { records } = this.#index;
    for (let block = 0; block < this.#index.length; block++) {
      if (block % UNITS_PER_YIELD === 0) yield;
      const flagged = (records.flags(block) & BlockFlag.HasChildren) !== 0;
      const { starts } = this.#children;
      const children = (starts[block + 1] ?? 0) - (starts[block] ?? 0);
      if (flagged === children > 0) continue;
      yield this.#deviation(
        "REF-FLAGS",
        block,
        6,
        `HasChildren is ${flagged ? "set" : "clear"}, but the number of blocks that name block ${block} as their parent is ${children}`,
      );
    }
  }

  #deviation(id: Deviation["id"], block: number, at: number, message: string): Deviation {
    return { id, message, block, offset: this.#index.records.offset(block) + at };
  }
}

function wantedParent(type: number): { readonly type: number; readonly name: string } | undefined {
  if (type === BlockType.ModuleEntry) return { type: BlockType.ModuleListIndex, name: "Module List Index" };
  if (type >= BlockType.ProcessTable && type <= BlockType.HandleTable)
    return { type: BlockType.SystemContext, name: "System Context" };
  return undefined;
}

function found(block: number): number {
  return block < 0 ? DANGLING : block;
}

/** Groups the children in two passes over flat arrays: a Map with a list for each parent would take many times the memory. */
function* childrenByParent(parents: Int32Array): SlicedWork<Children> {
  const starts = new Int32Array(parents.length + 1);
  for (let block = 0; block < parents.length; block++) {
    const parent = parents[block] ?? NONE;
    if (parent >= 0) starts[parent + 1] = (starts[parent + 1] ?? 0) + 1;
    if (block % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
  }
  for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
  const children = new Int32Array(starts.at(-1) ?? 0);
  const next = starts.slice();
  for (let block = 0; block < parents.length; block++) {
    const parent = parents[block] ?? NONE;
    if (block % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
    if (parent < 0) continue;
    const at = next[parent] ?? 0;
    children[at] = block;
    next[parent] = at + 1;
  }
  return { starts, children };
}

/** Blocks by BlockUUID: a hash table of block numbers over the records of the index. */
export class UuidIndex {
  /** Of blocks with the same UUID, the table has the first. */
  readonly #table: UuidTable;
  readonly #duplicates: number[] = [];

  private constructor(records: BlockRecords, count: number) {
    this.#table = new UuidTable(records, count);
  }

  /** Adds the blocks of `order`, `count` in all. Of blocks with the same UUID, `find` gives the first of `order`. */
  static *making(records: BlockRecords, count: number, order: Iterable<number>): SlicedWork<UuidIndex> {
    const index = new UuidIndex(records, count);
    let units = 0;
    for (const block of order) {
      if (!index.#table.add(block)) index.#duplicates.push(block);
      if (++units % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
    }
    return index;
  }

  /** Blocks with the UUID of an earlier block of `order`. */
  get duplicates(): readonly number[] {
    return this.#duplicates;
  }

  /** The first block with this UUID (canonical text), or -1. */
  find(uuid: string): number {
    return this.#table.find(uuid);
  }

  /** The first block with the UUID in the 16 bytes from `at` on, or -1. */
  findBytes(bytes: Uint8Array, at = 0): number {
    return this.#table.findBytes(bytes, at);
  }
}
