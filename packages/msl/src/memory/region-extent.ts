/** The addresses of a region, as its head tells them. */
import type { RegionHead } from "../format/payloads/memory-region.js";

export abstract class RegionExtent {
  abstract readonly head: RegionHead;

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
