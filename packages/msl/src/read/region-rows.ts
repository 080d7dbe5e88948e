/**
 * The regions of plain blocks as rows of numbers: the fixed part of each as it is stored, and its block. Everything else about a region is
 * made from its row when it is asked for, so that a hundred thousand regions take a few MiB.
 */
import { MslError } from "../errors.js";
import { REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";
import { BlockRegion } from "../memory/block-region.js";
import { KeptMaps } from "../memory/kept-maps.js";
import type { RegionOrigin, RegionParts } from "../memory/region-origin.js";
import type { BlockList } from "./block-list.js";

/** Rows whose parts are held since they may be asked for again at once; a power of two. */
const RECENT = 64;
/** Bytes of large page-state maps that stay in memory, besides as many as the capture has. */
const MAPS_HELD = 8 * 1024 * 1024;

export class RegionRows implements RegionOrigin {
  readonly kept: KeptMaps;
  readonly #blocks: BlockList;
  readonly #recent: { readonly row: number; readonly parts: RegionParts }[] = [];
  #count = 0;
  readonly #starts: Uint8Array;
  readonly #positions: Uint32Array;
  readonly #baseAddrs: BigUint64Array;
  readonly #regionSizes: BigUint64Array;

  /** `most`: rows there may be. `size`: bytes of the capture. */
  constructor(blocks: BlockList, most: number, size: number) {
    this.#blocks = blocks;
    this.kept = new KeptMaps(MAPS_HELD + size);
    this.#starts = new Uint8Array(most * REGION_HEAD_SIZE);
    this.#positions = new Uint32Array(most);
    this.#baseAddrs = new BigUint64Array(most);
    this.#regionSizes = new BigUint64Array(most);
  }

  /** The same region with a row of its own. `start`: the first bytes of its payload, from which `storedRegion` of its block made it. */
  add({ block, baseAddr, regionSize }: BlockRegion, start: Uint8Array): BlockRegion {
    const row = this.#count++;
    this.#starts.set(start, row * REGION_HEAD_SIZE);
    this.#positions[row] = block.index;
    this.#baseAddrs[row] = baseAddr;
    this.#regionSizes[row] = regionSize;
    return new BlockRegion(this, row);
  }

  partsOf(row: number): RegionParts {
    const recent = this.#recent[row % RECENT];
    if (recent?.row === row) return recent.parts;
    const parts = this.#makeParts(row);
    this.#recent[row % RECENT] = { row, parts };
    return parts;
  }

  baseAddr(row: number): bigint {
    return this.#baseAddrs[row] ?? 0n;
  }

  regionSize(row: number): bigint {
    return this.#regionSizes[row] ?? 0n;
  }

  #makeParts(row: number): RegionParts {
    const block = this.#blocks.at(this.#positions[row] ?? 0);
    const { parts, problem } = block.storedRegion(this.#starts.subarray(row * REGION_HEAD_SIZE, (row + 1) * REGION_HEAD_SIZE));
    if (!parts) throw new MslError("internal", `Block ${block.index} was a region before, and now is not: ${problem.message}`);
    return parts;
  }
}
