/** What an address belongs to: a module and the offset in it, and a region. */

import type { Region } from "../memory/region.js";
import type { RegionTable } from "../memory/region-table.js";
import type { Module } from "./modules.js";

export interface Place {
  readonly address: bigint;
  /** The module whose mapping contains the address, as `moduleAt` has it, and the offset from its base. */
  readonly module?: Module;
  readonly moduleOffset?: bigint;
  /** The region that contains the address. Of several, one that was not salvaged comes first, then the later one. */
  readonly region?: Region;
}

const ADDRESS_SPACE_END = 2n ** 64n;

/** An address beyond 64 bits belongs to nothing: registers may be wider. */
export function placeOf(address: bigint, module: Module | undefined, regions: RegionTable): Place {
  const region = address < ADDRESS_SPACE_END ? regionAt(address, regions) : undefined;
  return {
    address,
    ...(module ? { module, moduleOffset: address - module.baseAddr } : {}),
    ...(region ? { region } : {}),
  };
}

function regionAt(address: bigint, regions: RegionTable): Region | undefined {
  let best: Region | undefined;
  for (const region of regions.between(address, address + 1n)) if (!best || isBetter(region, best)) best = region;
  return best;
}

function isBetter(a: Region, b: Region): boolean {
  if (a.salvaged !== b.salvaged) return b.salvaged;
  const [x, y] = [a.head.timestampNs, b.head.timestampNs];
  return x === y ? a.block.index > b.block.index : x > y;
}
