/**
 * The readable Memory Region blocks of a capture, one region each, as rows of numbers: the fixed part as it is stored, the index of the block, and a
 * small page-state map or a digest. Everything else about a region is made from its row when it is asked for, so that a hundred thousand regions take
 * a few MiB.
 */
import { MslError } from "../errors.js";
import { REGION_HEAD_SIZE, type RegionLayout } from "../format/payloads/memory-region.js";
import { KeptStarts } from "../memory/begun-payload.js";
import { BlockRegion } from "../memory/block-region.js";
import { KeptMaps, type RegionOrigin, type RegionOutline, type RegionParts } from "../memory/region-parts.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock, SurveyedRow } from "./capture-block.js";

/** The number of rows whose parts are kept, since they are often asked for again at once. */
const RECENT = 64;
/** Total size of the large page-state maps that stay in memory, in addition to the size of the capture. */
const MAPS_HELD = 8 * 1024 * 1024;
const LAYOUTS: readonly RegionLayout[] = ["1.1", "0.1", "draft 2026-03-14"];

export class RegionRows implements RegionOrigin {
  readonly kept: KeptMaps;
  readonly #blocks: BlockList;
  readonly #recent: { readonly row: number; readonly parts: RegionParts }[] = [];
  /** The regions that `at` has given out, which stay in memory. There are none while a capture is only transcoded. */
  readonly #given: BlockRegion[] = [];
  #count = 0;
  readonly #fixed: Uint8Array;
  /** The indexes of the blocks, ascending. */
  readonly #positions: Uint32Array;
  readonly #baseAddrs: BigUint64Array;
  readonly #regionSizes: BigUint64Array;
  readonly #pageSizes: Float64Array;
  readonly #dataOffsets: Float64Array;
  readonly #payloadSizes: Float64Array;
  readonly #layouts: Uint8Array;
  /** 1 for a compressed payload, whose start is in `#starts`. */
  readonly #isBegun: Uint8Array;
  readonly #starts: KeptStarts;

  /** `most`: the largest number of rows. `size`: the size of the capture in bytes. */
  constructor(blocks: BlockList, most: number, size: number) {
    this.#blocks = blocks;
    this.kept = new KeptMaps(MAPS_HELD + size);
    this.#fixed = new Uint8Array(most * REGION_HEAD_SIZE);
    this.#positions = new Uint32Array(most);
    this.#baseAddrs = new BigUint64Array(most);
    this.#regionSizes = new BigUint64Array(most);
    this.#pageSizes = new Float64Array(most);
    this.#dataOffsets = new Float64Array(most);
    this.#payloadSizes = new Float64Array(most);
    this.#layouts = new Uint8Array(most);
    this.#isBegun = new Uint8Array(most);
    this.#starts = new KeptStarts(most);
  }

  /** Adds the region of a block that stands behind the blocks of all rows. */
  add({ block, head, fixed, size, start, isBegun = false }: SurveyedRow): void {
    const row = this.#count++;
    this.#fixed.set(fixed, row * REGION_HEAD_SIZE);
    this.#positions[row] = block.index;
    this.#baseAddrs[row] = head.baseAddr;
    this.#regionSizes[row] = head.regionSize;
    this.#pageSizes[row] = head.pageSize;
    this.#dataOffsets[row] = head.dataOffset;
    this.#payloadSizes[row] = size;
    this.#layouts[row] = LAYOUTS.indexOf(head.layout);
    this.#isBegun[row] = Number(isBegun);
    // The region keeps its map for a while (`KeptMaps`), since reading the map again would decompress the payload again.
    if (start && !this.#starts.add(row, start, isBegun) && isBegun) this.#give(row).remember(start);
  }

  /** Whether the payload of the region is compressed, and only its start is kept. */
  isBegun(row: number): boolean {
    return this.#isBegun[row] === 1;
  }

  /** The rows are 0 to `count` - 1. */
  get count(): number {
    return this.#count;
  }

  /** The index of the block. */
  positionOf(row: number): number {
    return this.#positions[row] ?? 0;
  }

  /**
   * The region in the block with the index `position`; undefined if the block is no readable region. It is the same object each time, which stays in
   * memory.
   */
  at(position: number): BlockRegion | undefined {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#positions[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.#positions[low] === position ? this.#give(low) : undefined;
  }

  /** The region of a row for one use: the object does not stay in memory, unless `at` gave it out before. */
  passing(row: number): BlockRegion {
    return this.#given[row] ?? new BlockRegion(this, row);
  }

  #give(row: number): BlockRegion {
    const region = this.passing(row);
    this.#given[row] = region;
    return region;
  }

  partsOf(row: number): RegionParts {
    const recent = this.#recent[row % RECENT];
    if (recent?.row === row) return recent.parts;
    const parts = this.#makeParts(row);
    this.#recent[row % RECENT] = { row, parts };
    return parts;
  }

  blockOf(row: number): CaptureBlock {
    return this.#blocks.at(this.positionOf(row));
  }

  partsOnce(row: number): RegionParts {
    const recent = this.#recent[row % RECENT];
    return recent?.row === row ? recent.parts : this.#makeParts(row);
  }

  baseAddr(row: number): bigint {
    return this.#baseAddrs[row] ?? 0n;
  }

  regionSize(row: number): bigint {
    return this.#regionSizes[row] ?? 0n;
  }

  outlineOf(row: number): RegionOutline {
    const regionSize = this.regionSize(row);
    const pageSize = this.#pageSizes[row] ?? 1;
    const dataOffset = this.#dataOffsets[row] ?? 0;
    return {
      layout: LAYOUTS[this.#layouts[row] ?? 0] ?? "1.1",
      pageSize,
      numPages: Number((regionSize + BigInt(pageSize) - 1n) / BigInt(pageSize)),
      regionSize,
      stated: Math.max(0, (this.#payloadSizes[row] ?? 0) - dataOffset),
      map: this.#starts.of(row, dataOffset)?.rest,
    };
  }

  #makeParts(row: number): RegionParts {
    const block = this.#blocks.at(this.#positions[row] ?? 0);
    const fixed = this.#fixed.subarray(row * REGION_HEAD_SIZE, (row + 1) * REGION_HEAD_SIZE);
    const start = this.#isBegun[row] === 1 ? this.#starts.of(row, this.#dataOffsets[row] ?? 0) : undefined;
    const { parts, problem } = block.regionOf(fixed, start && { size: this.#payloadSizes[row] ?? 0, start });
    if (!parts) throw new MslError("internal", `Block ${block.index} was a region before, and now is not: ${problem.message}`);
    return parts;
  }
}
