/**
 * The regions of a capture as rows of numbers: the fixed part of each as it is stored, and its block; of a compressed one the size of the payload and a
 * seal of what was read of it, too. Everything else about a region is made from its row when it is asked for, so that a hundred thousand regions take
 * a few MiB.
 */
import { MslError } from "../errors.js";
import { REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";
import { BlockRegion } from "../memory/block-region.js";
import { KeptMaps } from "../memory/kept-maps.js";
import { SEAL_SIZE } from "../memory/payload-seal.js";
import type { RegionOrigin, RegionParts, RegionRow } from "../memory/region-origin.js";
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
  readonly #fixed: Uint8Array;
  readonly #positions: Uint32Array;
  readonly #baseAddrs: BigUint64Array;
  readonly #regionSizes: BigUint64Array;
  /** 0 for a region without `begun`. */
  readonly #payloadSizes: Float64Array;
  readonly #seals: Uint8Array;

  /** `most`: rows there may be. `size`: bytes of the capture. */
  constructor(blocks: BlockList, most: number, size: number) {
    this.#blocks = blocks;
    this.kept = new KeptMaps(MAPS_HELD + size);
    this.#fixed = new Uint8Array(most * REGION_HEAD_SIZE);
    this.#positions = new Uint32Array(most);
    this.#baseAddrs = new BigUint64Array(most);
    this.#regionSizes = new BigUint64Array(most);
    this.#payloadSizes = new Float64Array(most);
    this.#seals = new Uint8Array(most * SEAL_SIZE);
  }

  /** The same region with a row of its own, from which its block makes the region again. */
  add({ block, baseAddr, regionSize }: BlockRegion, { fixed, begun }: RegionRow): BlockRegion {
    const row = this.#count++;
    this.#fixed.set(fixed, row * REGION_HEAD_SIZE);
    this.#positions[row] = block.index;
    this.#baseAddrs[row] = baseAddr;
    this.#regionSizes[row] = regionSize;
    if (begun) {
      this.#payloadSizes[row] = begun.size;
      this.#seals.set(begun.seal, row * SEAL_SIZE);
    }
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
    const fixed = this.#fixed.subarray(row * REGION_HEAD_SIZE, (row + 1) * REGION_HEAD_SIZE);
    const size = this.#payloadSizes[row] ?? 0;
    const begun = { size, seal: this.#seals.subarray(row * SEAL_SIZE, (row + 1) * SEAL_SIZE) };
    const { parts, problem } = block.regionOf(size > 0 ? { fixed, begun } : { fixed });
    if (!parts) throw new MslError("internal", `Block ${block.index} was a region before, and now is not: ${problem.message}`);
    return parts;
  }
}
