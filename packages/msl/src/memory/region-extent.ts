/** The addresses of a region, as its head tells them, and whether it can be believed. */
import type { BlockInfo } from "../format/block-info.js";
import { type RegionHead, regionHeadJson } from "../format/payloads/memory-region.js";
import { LISTED, Shown } from "../json/shown.js";

export abstract class RegionExtent extends Shown {
  abstract readonly block: BlockInfo;
  abstract readonly head: RegionHead;
  abstract readonly blocks: readonly BlockInfo[];

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
    return this.baseAddr + this.regionSize;
  }

  /** The head, and the indexes of the first blocks that hold the region. */
  override toJSON() {
    const { blocks } = this;
    return {
      blocks: blocks.slice(0, LISTED).map(({ index }) => index),
      ...(blocks.length > LISTED ? { blockCount: blocks.length } : {}),
      ...regionHeadJson(this.head),
      ...(this.salvaged ? { salvaged: true } : {}),
    };
  }
}
