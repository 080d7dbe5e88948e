/**
 * The readable Memory Region blocks of a capture, one region each, as rows of numbers: the fixed part as it is stored, the index of the block, and a
 * small page-state map or a digest. Everything else about a region is made from its row when it is asked for, so that a hundred thousand regions take
 * a few MiB.
 */
import { MslError } from "../errors.js";
import type { ByteOrder } from "../format/layout/decode.js";
import { dataOffsetOf, REGION_HEAD_SIZE, type RegionLayout } from "../format/payloads/memory-region.js";
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

/** The two fields of every layout's fixed part that lists of regions ask for most. */
const BASE_ADDR_AT = 0;
const REGION_SIZE_AT = 8;

export interface RowsOfCapture {
  /** The largest number of rows. */
  readonly most: number;
  /** Bytes of the capture. */
  readonly size: number;
  readonly byteOrder: ByteOrder;
}

export class RegionRows implements RegionOrigin {
  readonly kept: KeptMaps;
  readonly #blocks: BlockList;
  readonly #recent: { readonly row: number; readonly parts: RegionParts }[] = [];
  /** The regions that `at` has given out, which stay in memory. There are none while a capture is only transcoded. */
  readonly #given: BlockRegion[] = [];
  #count = 0;
  readonly #fixed: Uint8Array<ArrayBuffer>;
  readonly #isLittleEndian: boolean;
  /** The indexes of the blocks, ascending. */
  readonly #positions: Uint32Array;
  /** Powers of two up to 2^40, or u16: exact in this form. */
  readonly #pageSizes: Float32Array;
  readonly #payloadSizes: Float64Array;
  readonly #layouts: Uint8Array;
  /** 1 for a compressed payload, whose start is in `#starts`. */
  readonly #isBegun: Uint8Array;
  readonly #starts: KeptStarts;

  constructor(blocks: BlockList, { most, size, byteOrder }: RowsOfCapture) {
    this.#blocks = blocks;
    this.kept = new KeptMaps(MAPS_HELD + size);
    this.#fixed = new Uint8Array(most * REGION_HEAD_SIZE);
    this.#isLittleEndian = byteOrder === "little";
    this.#positions = new Uint32Array(most);
    this.#pageSizes = new Float32Array(most);
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
    this.#pageSizes[row] = head.pageSize;
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
    return this.#u64(row, BASE_ADDR_AT);
  }

  regionSize(row: number): bigint {
    return this.#u64(row, REGION_SIZE_AT);
  }

  outlineOf(row: number): RegionOutline {
    const regionSize = this.regionSize(row);
    const pageSize = this.#pageSizes[row] ?? 1;
    const numPages = pagesOf(regionSize, pageSize);
    const dataOffset = dataOffsetOf(numPages);
    return {
      layout: LAYOUTS[this.#layouts[row] ?? 0] ?? "1.1",
      pageSize,
      numPages,
      regionSize,
      stated: Math.max(0, (this.#payloadSizes[row] ?? 0) - dataOffset),
      map: this.#starts.of(row, dataOffset)?.rest,
    };
  }

  #makeParts(row: number): RegionParts {
    const block = this.#blocks.at(this.#positions[row] ?? 0);
    const fixed = this.#fixed.subarray(row * REGION_HEAD_SIZE, (row + 1) * REGION_HEAD_SIZE);
    const start =
      this.#isBegun[row] === 1
        ? this.#starts.of(row, dataOffsetOf(pagesOf(this.regionSize(row), this.#pageSizes[row] ?? 1)))
        : undefined;
    const { parts, problem } = block.regionOf(fixed, start && { size: this.#payloadSizes[row] ?? 0, start });
    if (!parts) throw new MslError("internal", `Block ${block.index} was a region before, and now is not: ${problem.message}`);
    return parts;
  }

  #u64(row: number, at: number): bigint {
    return new DataView(this.#fixed.buffer).getBigUint64(row * REGION_HEAD_SIZE + at, this.#isLittleEndian);
  }
}

function pagesOf(regionSize: bigint, pageSize: number): number {
  return Number((regionSize + BigInt(pageSize) - 1n) / BigInt(pageSize));
}
