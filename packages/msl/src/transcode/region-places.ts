/** The Memory Region blocks of a capture, and the region or fragment that each of them holds. */
import { BlockType } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
import { BlockRegion } from "../memory/block-region.js";
import { JoinedRegion } from "../memory/joined-region.js";
import type { Region } from "../memory/region.js";
import { type Capture, surveyOf } from "../read/capture.js";
import type { References } from "../read/references.js";
import type { RegionRows } from "../read/region-rows.js";
import { TimeSlice } from "../source/time-slice.js";
import { BlockColumn, Column } from "./kept-blocks.js";
import type { BlockSelection } from "./options.js";
import { isSelected, type WantedTypes } from "./options.js";

export interface RegionPlace {
  readonly kind: "region";
  readonly region: BlockRegion;
  readonly selected: boolean;
  /** The block of the first fragment, if this one is a later fragment. */
  readonly first: number | undefined;
}

/** `merged`: the payload of the block continues the payload of another one, and is part of the region there. */
export type BlockPlace = RegionPlace | { readonly kind: "unreadable"; readonly problem: Problem } | { readonly kind: "merged" };

const UNREADABLE = 1;
const MERGED = 2;
const REGION = 3;
const JOINED = 4;
/** Added to REGION and JOINED. */
const SELECTED = 2;

/** Finds regions and fragments by the indexes of their blocks. */
export class RegionPlaces {
  readonly #length: number;
  readonly #rows: RegionRows;
  /** Regions in several blocks, and those whose payload other blocks continue. */
  readonly #joined: Region[] = [];
  readonly #problems: Problem[] = [];
  readonly #kinds: Column<Uint8Array>;
  /** Row numbers in `#rows`, or positions in `#joined` or `#problems`. */
  readonly #positions: Column<Uint32Array>;
  /** Positions among the fragments of a joined region. */
  readonly #parts: Column<Uint32Array>;
  readonly #firsts: BlockColumn;

  private constructor(length: number, rows: RegionRows) {
    this.#length = length;
    this.#rows = rows;
    this.#kinds = new Column(Uint8Array, length);
    this.#positions = new Column(Uint32Array, length);
    this.#parts = new Column(Uint32Array, length);
    this.#firsts = new BlockColumn(length);
  }

  static async of(
    capture: Capture,
    references: References,
    selection: BlockSelection,
    wanted: WantedTypes,
    signal: AbortSignal | undefined,
  ): Promise<RegionPlaces> {
    const { byBlock, joined, unreadable } = await surveyOf(capture, signal);
    const places = new RegionPlaces(capture.blocks.length, byBlock);
    const hinted = wanted.hintedRegionsOnly ? await hintedBlocks(capture, references, signal) : undefined;
    const slice = new TimeSlice(signal);
    for (let row = 0; row < byBlock.count; row++) {
      if (slice.isSpent(8)) await slice.renew();
      const first = byBlock.positionOf(row);
      if (joined.absorbed.has(first)) continue;
      const inSeveral = joined.regions.get(first);
      const region = inSeveral ?? byBlock.passing(row);
      const selected =
        wanted.has(BlockType.MemoryRegion) &&
        isSelected(region, selection) &&
        (hinted === undefined || region.blocks.some(({ index }) => hinted.get(index) !== 0));
      const kind = (inSeveral ? JOINED : REGION) + (selected ? SELECTED : 0);
      const position = inSeveral ? places.#joined.push(inSeveral) - 1 : row;
      for (let part = 0; ; part++) {
        const fragment = partOf(region, part);
        if (!fragment) break;
        if (slice.isSpent(8)) await slice.renew();
        const index = inSeveral ? fragment.block.index : first;
        // A region whose page data does not decompress still has its page states: its addresses read as missing.
        const problem = byBlock.isBegun(row) || inSeveral ? await fragment.limitProblem(signal) : undefined;
        if (problem) places.#addProblem(index, problem);
        else places.#addRegion(index, { kind, position, part, first });
      }
    }
    for (const [position, problem] of unreadable.rows()) {
      if (slice.isSpent(8)) await slice.renew();
      places.#addProblem(position, problem);
    }
    for (const block of capture.blocks.ofType(BlockType.MemoryRegion)) {
      if (slice.isSpent(8)) await slice.renew();
      if (!block.afterEoc && places.#kinds.get(block.index) === 0) places.#kinds.set(block.index, MERGED);
    }
    return places;
  }

  get(block: number): BlockPlace | undefined {
    const kind = this.#kinds.get(block);
    if (kind >= REGION) return this.#regionPlace(block, kind);
    if (kind === MERGED) return { kind: "merged" };
    const problem = kind === UNREADABLE ? this.#problems[this.#positions.get(block)] : undefined;
    return problem && { kind: "unreadable", problem };
  }

  /** Throws a `RangeError` for a block that is no region. */
  region(block: number): RegionPlace {
    const place = this.get(block);
    if (place?.kind === "region") return place;
    throw new RangeError(`Block ${block} is no region`);
  }

  /** The block of the first fragment, if the block holds a later one. */
  firstOf(block: number): number | undefined {
    return this.#firsts.get(block);
  }

  /** The blocks that are regions, ascending. */
  *regionBlocks(): Generator<number, void, undefined> {
    for (let block = 0; block < this.#length; block++) if (this.#kinds.get(block) >= REGION) yield block;
  }

  #regionPlace(block: number, kind: number): RegionPlace | undefined {
    const selected = kind >= REGION + SELECTED;
    const position = this.#positions.get(block);
    const joined = kind === JOINED || kind === JOINED + SELECTED ? this.#joined[position] : undefined;
    const region = joined ? partOf(joined, this.#parts.get(block)) : this.#rows.passing(position);
    return region && { kind: "region", region, selected, first: this.#firsts.get(block) };
  }

  #addRegion(
    block: number,
    { kind, position, part, first }: { kind: number; position: number; part: number; first: number },
  ): void {
    this.#kinds.set(block, kind);
    this.#positions.set(block, position);
    this.#parts.set(block, part);
    if (first !== block) this.#firsts.set(block, first);
  }

  #addProblem(block: number, problem: Problem): void {
    this.#kinds.set(block, UNREADABLE);
    this.#positions.set(block, this.#problems.push(problem) - 1);
  }
}

/** 1 for each block that Key Hints name as their region. */
async function hintedBlocks(
  capture: Capture,
  references: References,
  signal: AbortSignal | undefined,
): Promise<Column<Uint8Array>> {
  const hinted = new Column(Uint8Array, capture.blocks.length);
  const slice = new TimeSlice(signal);
  for (const block of capture.blocks.ofType(BlockType.KeyHint)) {
    if (slice.isSpent(8)) await slice.renew();
    if (block.afterEoc) break;
    const { payload } = await block.decode(signal);
    const region = payload?.kind === "KeyHint" ? references.find(payload.regionUuid) : -1;
    if (region >= 0) hinted.set(region, 1);
  }
  return hinted;
}

/** Of a region in one block, part 0 is the region; undefined behind the last part. */
function partOf(region: Region, part: number): BlockRegion | undefined {
  const block = region instanceof JoinedRegion ? region.fragments[part] : part === 0 ? region : undefined;
  return block instanceof BlockRegion ? block : undefined;
}
