/** Which blocks of the output belong to which: parents that go over, and fragments of regions. All by their blocks in the source. */
import { BlockFlag, BlockType } from "../format/codes.js";
import { TimeSlice } from "../source/time-slice.js";
import { isSystemTable } from "../write/block-kinds.js";
import type { Circumstances } from "./circumstances.js";
import { BlockColumn, Column } from "./column.js";
import type { KeptBlocks } from "./kept-blocks.js";

/** Whether the parent follows from the type: the Module List Index, or System Context. */
export function isBound(type: number): boolean {
  return type === BlockType.ModuleEntry || isSystemTable(type);
}

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

  static async of(kept: KeptBlocks, { capture, identities, signal }: Circumstances): Promise<Lineage> {
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
      // A fragment that continues nothing stands on its own: its parent would be what it continues.
      const orphan = type === BlockType.MemoryRegion && (capture.blocks.at(source).flags & BlockFlag.Continuation) !== 0;
      if (parent < 0 || orphan || !kept.has(parent)) continue;
      lineage.#parents.set(source, parent);
      lineage.#withChildren.set(parent, 1);
    }
    // A System Context that goes over as bytes has its tables all the same.
    if (hasTables && context !== undefined) lineage.#withChildren.set(context, 1);
    return lineage;
  }

  #continue(source: number, first: number): void {
    this.#firsts.set(source, first);
    this.#withChildren.set(first, 1);
    this.#hasFragments = true;
  }

  /** The parent, unless it follows from the type. */
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
