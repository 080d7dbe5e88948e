/** The addresses of a region, as its head tells them, and whether it can be believed. */
import type { BlockInfo } from "../format/block-info.js";
import type { RegionHead } from "../format/payloads/memory-region.js";

export abstract class RegionExtent {
  abstract readonly block: BlockInfo;
  abstract readonly head: RegionHead;

  /** Fragments are joined only where the same speaks for them. */
  get salvaged(): boolean {
    return this.block.salvaged;
  }

  get baseAddr(): bigint {
    return this.head.baseAddr;
  }

  get regionSize(): bigint {
    return this.head.regionSize;
  }

  get endAddr(): bigint {
    return this.head.baseAddr + this.head.regionSize;
  }
}
