/**
 * The order of the output: first what 1.1 gives a place, then the order of the source; a Key Hint comes behind its region, and a Thread
 * Context before the first one.
 */
import { BlockType } from "../format/codes.js";
import { sortInSlices } from "../memory/sort-in-slices.js";
import { TimeSlice } from "../source/time-slice.js";
import type { HintPlaces } from "./hint-places.js";
import type { KeptBlocks } from "./kept-blocks.js";
import type { AddedItem, ModuleListItem, OutlineItem } from "./outline-items.js";

const LIVE = [BlockType.ProcessIdentity, BlockType.ModuleListIndex, BlockType.SystemContext];
const IMPORT = [BlockType.ImportProvenance, BlockType.ProcessIdentity, BlockType.SystemContext, BlockType.ModuleListIndex];

export interface OrderRules {
  readonly imported: boolean;
  readonly hints: HintPlaces;
  /** Whether threads stand before the Module Entries, and not only before the regions. */
  readonly threadsFirst: boolean;
  readonly signal: AbortSignal | undefined;
}

/** The items one after the other; those of the source are made as they are asked for. */
export class OutlineOrder implements Iterable<OutlineItem> {
  readonly #kept: KeptBlocks;
  readonly #places: Places;
  /** Items that have a place, and Module Entries that the source lacks. */
  readonly #first: readonly OutlineItem[];
  /** The other blocks of the source. */
  readonly #others: Uint32Array;
  /** Blocks of the source that have a place, and stand elsewhere among the others than there. */
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
      if (item) placed.push(item);
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

  /** Whether the block stands elsewhere among the others than in the source, because it has to. */
  isMoved(block: number): boolean {
    return this.#moved.has(block) || this.#places.isMoved(block);
  }
}

/** Where blocks that have no place of their own stand, as numbers that are compared. */
class Places {
  readonly #kept: KeptBlocks;
  readonly #hints: HintPlaces;
  /** Where the first block stands in the source before which all threads have to be. */
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
    // A hint before its region shares that one's place, and has to come second.
    return (Math.max(ownA, regionA) - Math.max(ownB, regionB) || regionA - regionB || ownA - ownB) < 0;
  }

  isMoved(block: number): boolean {
    return this.#isLateThread(block) || this.#regionOf(block) > block;
  }

  #ownPlace(block: number): number {
    return this.#isLateThread(block) ? this.#threadsEnd - 0.5 : block;
  }

  /** Of a Key Hint. */
  #regionOf(block: number): number {
    return this.#hints.targetOf(block) ?? -1;
  }

  #isLateThread(block: number): boolean {
    return this.#kept.typeOf(block) === BlockType.ThreadContext && block > this.#threadsEnd;
  }
}
