/** Which regions are wanted. */
import { MslError } from "../errors.js";
import type { Region } from "../memory/region.js";
import type { RegionSelection } from "./options.js";

/** Throws `usage` for a range that holds no address. */
export function requireSelection({ ranges = [] }: RegionSelection): void {
  const empty = ranges.find(({ start, end }) => start < 0n || end <= start);
  if (!empty) return;
  throw new MslError("usage", `The range 0x${empty.start.toString(16)}-0x${empty.end.toString(16)} holds no address`);
}

export function isSelected(region: Region, { ranges, regionTypes }: RegionSelection): boolean {
  const inRange = ranges?.some(({ start, end }) => region.baseAddr < end && start < region.endAddr) ?? true;
  return inRange && (regionTypes?.includes(region.head.regionType) ?? true);
}
