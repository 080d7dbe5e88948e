/**
 * The order of the output: first what 1.1 gives a place, then the order of the source; a Key Hint comes behind its region, and a Thread
 * Context before the first one.
 */
import { BlockType } from "../format/codes.js";
import type { AddedItem, OutlineItem } from "./outline-items.js";

const LIVE = [BlockType.ProcessIdentity, BlockType.ModuleListIndex, BlockType.SystemContext];
const IMPORT = [BlockType.ImportProvenance, BlockType.ProcessIdentity, BlockType.SystemContext, BlockType.ModuleListIndex];

export interface OrderRules {
  readonly imported: boolean;
  /** Blocks of regions by those of their hints. */
  readonly targets: ReadonlyMap<number, number>;
  /** Whether threads stand before the Module Entries, and not only before the regions. */
  readonly threadsFirst: boolean;
}

export function inOrder(
  kept: readonly OutlineItem[],
  added: readonly AddedItem[],
  { imported, targets, threadsFirst }: OrderRules,
): readonly OutlineItem[] {
  const places: readonly number[] = imported ? IMPORT : LIVE;
  const all = [...kept, ...added];
  const first = places.flatMap((type) => all.filter((item) => item.type === type));
  const rest = added.filter(({ type }) => !places.includes(type));
  const front = threadsEnd(kept, threadsFirst);
  const others = kept
    .filter(({ type }) => !places.includes(type))
    .map((item) => ({
      item,
      at: isLateThread(item, front) ? front - 0.5 : (item.source ?? -1),
      behind: targets.get(item.source ?? -1) ?? -1,
    }))
    // A hint before its region shares that one's place, and has to come second.
    .sort((a, b) => Math.max(a.at, a.behind) - Math.max(b.at, b.behind) || a.behind - b.behind || a.at - b.at);
  return [...first, ...rest, ...others.map(({ item }) => item)];
}

/** Blocks that stand elsewhere among the others than in the source, because they have to. */
export function movedBlocks(
  items: readonly OutlineItem[],
  { targets, threadsFirst }: Omit<OrderRules, "imported">,
): ReadonlySet<number> {
  const inSource = new Float64Array(items.length);
  let count = 0;
  for (const { source } of items) if (source !== undefined) inSource[count++] = source;
  inSource.subarray(0, count).sort();
  const placed = new Set<number>(IMPORT);
  const front = threadsEnd(items, threadsFirst);
  const moved = new Set<number>();
  let position = 0;
  for (const item of items) {
    const { source, type } = item;
    if (source === undefined) continue;
    const isMoved = placed.has(type)
      ? inSource[position] !== source
      : isLateThread(item, front) || (targets.get(source) ?? -1) > source;
    if (isMoved) moved.add(source);
    position++;
  }
  return moved;
}

/** Where the first block stands in the source before which all threads have to be. */
function threadsEnd(items: readonly OutlineItem[], threadsFirst: boolean): number {
  const ends = (type: number) => type === BlockType.MemoryRegion || (threadsFirst && type === BlockType.ModuleEntry);
  return items.reduce(
    (first, { type, source }) => (source !== undefined && ends(type) ? Math.min(first, source) : first),
    Number.POSITIVE_INFINITY,
  );
}

function isLateThread({ type, source = -1 }: OutlineItem, end: number): boolean {
  return type === BlockType.ThreadContext && source > end;
}
