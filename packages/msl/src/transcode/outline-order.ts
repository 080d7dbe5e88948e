/**
 * The order of the output: first the blocks that 1.1 gives a place, then the others in the order of the source, but each Key Hint behind its region, and
 * all Thread Contexts before the first region.
 */
import { BlockType } from "../format/codes.js";
import { sortInSlices, TimeSlice } from "../source/time-slice.js";
import type { HintPlaces } from "./hint-places.js";
import type { AddedItem, KeptBlocks, ModuleListItem, OutlineItem } from "./kept-blocks.js";

const LIVE = [BlockType.ProcessIdentity, BlockType.ModuleListIndex, BlockType.SystemContext];
const IMPORT = [BlockType.ImportProvenance, BlockType.ProcessIdentity, BlockType.SystemContext, BlockType.ModuleListIndex];

export interface OrderRules {
  readonly imported: boolean;
  readonly hints: HintPlaces;
  /** Whether threads stand before the Module Entries, and not only before the regions. */
  readonly threadsFirst: boolean;
  readonly signal: AbortSignal | undefined;
}

/** The items in the order of the output. Items of blocks of the source are made as they are asked for. */
export class OutlineOrder implements Iterable<OutlineItem> {
  readonly #kept: KeptBlocks;
  readonly #places: Places;
  /** The items that 1.1 gives a place, and Module Entries that the source lacks. */
  readonly #first: readonly OutlineItem[];
  /** The other blocks of the source. */
  readonly #others: Uint32Array;
  /** The blocks that 1.1 gives a place and that have another position in the source. */
  readonly #moved = new Set<number>();

  private constructor(kept: KeptBlocks, places: Places, first: readonly OutlineItem[], others: Uint32Array) {
    this.#kept = kept;
    this.#places = places;
    this.#first = first;
    this.#others = others;
    const inSource = kept.blocks();
    for (const { source } of first) if (source !== undefined && inSource.next().value !== source) this.#moved.add(source);
  }

  /** `added`: blocks that the source lacks. */
  static async of(
    kept: KeptBlocks,
    added: readonly (AddedItem | ModuleListItem)[],
    { imported, hints, threadsFirst, signal }: OrderRules,
  ): Promise<OutlineOrder> {
    const slice = new TimeSlice(signal);
    const types: readonly number[] = imported ? IMPORT : LIVE;
    const placed: OutlineItem[] = [];
    const others = new Uint32Array(kept.count);
    let count = 0;
    let threadsEnd = Number.POSITIVE_INFINITY;
    for (const block of kept.blocks()) {
      if (slice.isSpent()) await slice.renew();
      const type = kept.typeOf(block);
      const item = types.includes(type) ? kept.get(block) : undefined;
      if (item && !isBehind(item, placed)) placed.push(item);
      else others[count++] = block;
      if (type === BlockType.MemoryRegion || (threadsFirst && type === BlockType.ModuleEntry))
        threadsEnd = Math.min(threadsEnd, block);
    }
    placed.push(...added.filter(({ type }) => types.includes(type)));
    const first = types.flatMap((type) => placed.filter((item) => item.type === type));
    for (const item of added) if (!types.includes(item.type)) first.push(item);
    const places = new Places(kept, hints, threadsEnd);
    const sorted = await sortInSlices(others.subarray(0, count), (a, b) => places.isBefore(a, b), slice);
    return new OutlineOrder(kept, places, first, sorted);
  }

  *[Symbol.iterator](): Generator<OutlineItem, void, undefined> {
    yield* this.#first;
    for (const block of this.#others) {
      const item = this.#kept.get(block);
      if (item) yield item;
    }
  }

  /** Whether the rules of the order, and not the source, determine the position of the block. */
  isMoved(block: number): boolean {
    return this.#moved.has(block) || this.#places.isMoved(block);
  }
}

/** Types of which the output has a block that can be read, before those that are copied as they are stored. */
const MADE_ANEW: ReadonlySet<number> = new Set([BlockType.ImportProvenance, BlockType.ModuleListIndex]);

/** Whether a block of a type that 1.1 gives a place stands behind the blocks with a place: another block has its place. */
function isBehind(item: OutlineItem, placed: readonly OutlineItem[]): boolean {
  if (item.kind !== "raw" || !item.asStored) return false;
  return MADE_ANEW.has(item.type) || placed.some(({ type }) => type === item.type);
}

/** Compares the positions of blocks that 1.1 gives no place. */
class Places {
  readonly #kept: KeptBlocks;
  readonly #hints: HintPlaces;
  /** The first block of the source that all threads have to precede. */
  readonly #threadsEnd: number;

  constructor(kept: KeptBlocks, hints: HintPlaces, threadsEnd: number) {
    this.#kept = kept;
    this.#hints = hints;
    this.#threadsEnd = threadsEnd;
  }

  isBefore(a: number, b: number): boolean {
    const ownA = this.#ownPlace(a);
    const ownB = this.#ownPlace(b);
    const regionA = this.#regionOf(a);
    const regionB = this.#regionOf(b);
    // A hint that precedes its region in the source has the position of the region, and comes second.
    return (Math.max(ownA, regionA) - Math.max(ownB, regionB) || regionA - regionB || ownA - ownB) < 0;
  }

  isMoved(block: number): boolean {
    return this.#isLateThread(block) || this.#regionOf(block) > block;
  }

  #ownPlace(block: number): number {
    return this.#isLateThread(block) ? this.#threadsEnd - 0.5 : block;
  }

  /** The region of a Key Hint, or -1. */
  #regionOf(block: number): number {
    return this.#hints.targetOf(block) ?? -1;
  }

  #isLateThread(block: number): boolean {
    return this.#kept.typeOf(block) === BlockType.ThreadContext && block > this.#threadsEnd;
  }
}
