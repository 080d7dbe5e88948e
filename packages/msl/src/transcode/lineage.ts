/** Which blocks of the output belong to which: parents that go over, and fragments of regions. All by their blocks in the source. */
import { BlockFlag, BlockType } from "../format/codes.js";
import { isSystemTable } from "../write/block-kinds.js";
import type { Circumstances } from "./circumstances.js";
import type { OutlineItem } from "./outline-items.js";

export interface Lineage {
  /** Those that follow from a type are not among them. */
  readonly parents: ReadonlyMap<number, number>;
  /** The first fragments by the later ones. */
  readonly firsts: ReadonlyMap<number, number>;
  /** Blocks that others name as their parent. */
  readonly withChildren: ReadonlySet<number>;
}

/** Whether the parent follows from the type: the Module List Index, or System Context. */
export function isBound(type: number): boolean {
  return type === BlockType.ModuleEntry || isSystemTable(type);
}

export function lineageOf(kept: ReadonlyMap<number, OutlineItem>, { capture, identities }: Circumstances): Lineage {
  const parents = new Map<number, number>();
  const firsts = new Map<number, number>();
  for (const item of kept.values()) {
    if (item.source === undefined || item.kind === "modules" || isBound(item.type)) continue;
    const first = "first" in item ? item.first : undefined;
    if (first !== undefined && kept.has(first)) {
      firsts.set(item.source, first);
      continue;
    }
    const parent = identities.parentOf(item.source);
    // A fragment that continues nothing stands on its own: its parent would be what it continues.
    const orphan = item.type === BlockType.MemoryRegion && (capture.blocks.at(item.source).flags & BlockFlag.Continuation) !== 0;
    if (parent >= 0 && !orphan && kept.has(parent)) parents.set(item.source, parent);
  }
  return { parents, firsts, withChildren: new Set([...parents.values(), ...firsts.values(), ...contextOfTables(kept)]) };
}

/** A System Context that goes over as bytes has its tables all the same. */
function contextOfTables(kept: ReadonlyMap<number, OutlineItem>): number[] {
  const items = [...kept.values()];
  if (!items.some(({ type }) => isSystemTable(type))) return [];
  return items.flatMap(({ type, source }) => (type === BlockType.SystemContext && source !== undefined ? [source] : []));
}
