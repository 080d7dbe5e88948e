/** Which block of the output is the parent of each block, and which one is the first fragment of its region. Blocks are given by their indexes in the source. */
import { BlockFlag, BlockType } from "../format/codes.js";
import { TimeSlice } from "../source/time-slice.js";
import { isSystemTable } from "../write/block-kinds.js";
import type { TranscodeContext } from "./context.js";
import { BlockColumn, Column, type KeptBlocks } from "./kept-blocks.js";

/** Whether the type of a block determines its parent, which is the Module List Index or the System Context. */
export function isBound(type: number): boolean {
  return type === BlockType.ModuleEntry || isSystemTable(type);
}

/** The parents and first fragments that are in the output. */
export class Lineage {
  readonly #parents: BlockColumn;
  readonly #firsts: BlockColumn;
  /** 1 for a block that others name as their parent. */
  readonly #withChildren: Column<Uint8Array>;
  #hasFragments = false;

  private constructor(length: number) {
    this.#parents = new BlockColumn(length);
    this.#firsts = new BlockColumn(length);
    this.#withChildren = new Column(Uint8Array, length);
  }

  static async of(kept: KeptBlocks, { capture, identities, signal }: TranscodeContext): Promise<Lineage> {
    const lineage = new Lineage(capture.blocks.length);
    const slice = new TimeSlice(signal);
    let context: number | undefined;
    let hasTables = false;
    for (const source of kept.blocks()) {
      if (slice.isSpent()) await slice.renew();
      const type = kept.typeOf(source);
      if (type === BlockType.SystemContext) context = source;
      hasTables ||= isSystemTable(type);
      if (kept.kindOf(source) === "modules" || isBound(type)) continue;
      const first = kept.firstOf(source);
      if (first !== undefined && kept.has(first)) {
        lineage.#continue(source, first);
        continue;
      }
      const parent = identities.parentOf(source);
      // The parent of a continuation is the fragment that it continues: one that continues nothing has no parent.
      const orphan = type === BlockType.MemoryRegion && (capture.blocks.at(source).flags & BlockFlag.Continuation) !== 0;
      if (parent < 0 || orphan || !kept.has(parent)) continue;
      lineage.#parents.set(source, parent);
      lineage.#withChildren.set(parent, 1);
    }
    // Also for a System Context that is carried over as bytes.
    if (hasTables && context !== undefined) lineage.#withChildren.set(context, 1);
    return lineage;
  }

  #continue(source: number, first: number): void {
    this.#firsts.set(source, first);
    this.#withChildren.set(first, 1);
    this.#hasFragments = true;
  }

  /** The parent; undefined where the type determines it. */
  parentOf(block: number): number | undefined {
    return this.#parents.get(block);
  }

  /** The first fragment of the region that the block continues. */
  firstOf(block: number): number | undefined {
    return this.#firsts.get(block);
  }

  hasChildren(block: number): boolean {
    return this.#withChildren.get(block) !== 0;
  }

  /** Whether any block continues a region. */
  get hasFragments(): boolean {
    return this.#hasFragments;
  }
}
