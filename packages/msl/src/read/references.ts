/** How the blocks of a capture refer to each other by UUID. Nothing is discarded: what leads nowhere is reported. */
import { BlockFlag, BlockType } from "../format/codes.js";
import { uuidBytes, uuidText } from "../format/layout/uuid-text.js";
import type { Deviation } from "../lint/deviation.js";
import type { BlockIndex } from "./block-index.js";
import { isNil, UuidIndex } from "./uuid-index.js";

/** A block's parent: none, one that is not there, or its index. */
const NONE = -1;
const DANGLING = -2;

export class References {
  readonly #index: BlockIndex;
  readonly #uuids: UuidIndex;
  /** Of every block. */
  readonly #parents: Int32Array;
  #children: ReadonlyMap<number, readonly number[]> | undefined;

  /** Over all blocks, an appendix included. */
  constructor(index: BlockIndex) {
    const { records } = index;
    this.#index = index;
    this.#uuids = new UuidIndex(records, index.length);
    this.#parents = Int32Array.from({ length: index.length }, (_, block) => {
      const parent = records.parentUuidBytes(block);
      if (isNil(parent)) return NONE;
      const found = this.#uuids.find(parent);
      return found < 0 ? DANGLING : found;
    });
  }

  /** Index of the first block with this UUID (canonical text), or -1. */
  find(uuid: string): number {
    const bytes = uuidBytes(uuid);
    return bytes ? this.#uuids.find(bytes) : -1;
  }

  /** Index of the block that ParentUUID names, or -1 without one. */
  parentOf(block: number): number {
    return Math.max(NONE, this.#parents[block] ?? NONE);
  }

  /** The blocks that name this one as their parent, in file order. */
  childrenOf(block: number): readonly number[] {
    this.#children ??= childrenByParent(this.#parents);
    return this.#children.get(block) ?? [];
  }

  /** Repeated UUIDs, parents that are not there, loops, modules and tables with the wrong parent, and HasChildren where it is not so. */
  *deviations(): Generator<Deviation> {
    yield* this.#duplicates();
    yield* this.#dangling();
    yield* this.#cycles();
    yield* this.#wrongParents();
    yield* this.#flags();
  }

  *#duplicates(): Generator<Deviation> {
    const { records } = this.#index;
    for (const block of this.#uuids.duplicates) {
      const uuid = uuidText(records.uuidBytes(block));
      const first = this.#uuids.find(records.uuidBytes(block));
      yield this.#deviation(
        "UUID-DUP",
        block,
        0x10,
        `BlockUUID ${uuid} is that of block ${first} too; references mean block ${first}`,
      );
    }
  }

  *#dangling(): Generator<Deviation> {
    for (const [block, parent] of this.#parents.entries()) {
      if (parent !== DANGLING) continue;
      const uuid = uuidText(this.#index.records.parentUuidBytes(block));
      yield this.#deviation("REF-DANGLING", block, 0x20, `ParentUUID ${uuid} names no block of the capture`);
    }
  }

  /** Every block is walked up from once; a walk that meets itself has found a loop. */
  *#cycles(): Generator<Deviation> {
    const walkOf = new Int32Array(this.#parents.length).fill(NONE);
    for (let start = 0; start < walkOf.length; start++) {
      let block = start;
      while (block >= 0 && walkOf[block] === NONE) {
        walkOf[block] = start;
        block = this.#parents[block] ?? NONE;
      }
      if (block >= 0 && walkOf[block] === start) {
        yield this.#deviation("REF-CYCLE", block, 0x20, `The parents of block ${block} lead back to it; it is shown as a root`);
      }
    }
  }

  *#wrongParents(): Generator<Deviation> {
    const { records } = this.#index;
    for (let block = 0; block < this.#index.length; block++) {
      const wanted = wantedParent(records.type(block));
      const parent = this.#parents[block] ?? NONE;
      if (wanted === undefined || parent === DANGLING || (parent >= 0 && records.type(parent) === wanted.type)) continue;
      const found = parent < 0 ? "has no parent" : `has block ${parent} as its parent`;
      yield this.#deviation("REF-PARENT", block, 0x20, `Block ${block} ${found}, expected the ${wanted.name}`);
    }
  }

  *#flags(): Generator<Deviation> {
    const { records } = this.#index;
    for (let block = 0; block < this.#index.length; block++) {
      const flagged = (records.flags(block) & BlockFlag.HasChildren) !== 0;
      const children = this.childrenOf(block).length;
      if (flagged === children > 0) continue;
      yield this.#deviation(
        "REF-FLAGS",
        block,
        6,
        `HasChildren is ${flagged ? "set" : "clear"}, but ${children} blocks name block ${block} as their parent`,
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

function childrenByParent(parents: Int32Array): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const [block, parent] of parents.entries()) {
    if (parent < 0) continue;
    const list = children.get(parent);
    if (list) list.push(block);
    else children.set(parent, [block]);
  }
  return children;
}
