/** Which fragments readers of the output join with the first one: their region has that one's timestamp and place. */
import { keptPageSize } from "./finer-pages.js";
import type { OutlineItem } from "./outline-items.js";
import type { RegionPlace } from "./region-places.js";

interface Fragment {
  readonly block: number;
  readonly baseAddr: bigint;
  readonly endAddr: bigint;
  /** What fragments of one region have in common. */
  readonly kind: string;
}

/** First fragments by later ones that continue the addresses of what stands before them. `firsts`: those that the output names. */
export function joinedAfter(
  kept: ReadonlyMap<number, OutlineItem>,
  firsts: ReadonlyMap<number, number>,
  places: ReadonlyMap<number, RegionPlace>,
): ReadonlyMap<number, number> {
  const groups = new Map<number, Fragment[]>();
  for (const [block, first] of firsts) {
    const fragment = fragmentOf(block, kept, places);
    if (!fragment) continue;
    const group = groups.get(first);
    if (group) group.push(fragment);
    else groups.set(first, [fragment]);
  }
  const joined = new Map<number, number>();
  for (const [first, group] of groups) {
    const chief = fragmentOf(first, kept, places);
    if (!chief) continue;
    let end = chief.endAddr;
    for (const { block, baseAddr, endAddr, kind } of group.sort((a, b) => (a.baseAddr < b.baseAddr ? -1 : 1))) {
      if (baseAddr !== end || kind !== chief.kind) continue;
      joined.set(block, first);
      end = endAddr;
    }
  }
  return joined;
}

function fragmentOf(
  block: number,
  kept: ReadonlyMap<number, OutlineItem>,
  places: ReadonlyMap<number, RegionPlace>,
): Fragment | undefined {
  const [item, place] = [kept.get(block), places.get(block)];
  if (!item || place?.kind !== "region") return undefined;
  const { head, baseAddr, regionSize } = place.region;
  const pageSize = item.kind === "raw" ? head.pageSize : keptPageSize(head);
  const size = BigInt(pageSize);
  const endAddr = baseAddr + ((regionSize + size - 1n) / size) * size;
  return { block, baseAddr, endAddr, kind: `${head.protection} ${head.regionType} ${pageSize}` };
}
