/** The page data of the regions to write: memory-like bytes, 4 MiB per region. */
import { memoryLike } from "../../../captures/memory-like.js";
import type { RegionsToWrite } from "../../workloads/written-regions.js";

const MIB = 1024 * 1024;
export const REGION_BYTES = 4 * MIB;

export interface RegionBytes extends RegionsToWrite {
  readonly bytes: Uint8Array;
  /** Such as `16 regions of 4 MiB`. */
  readonly label: string;
  pageData(region: number): Uint8Array;
}

export function regionBytes(regions: number): RegionBytes {
  const bytes = memoryLike(regions * REGION_BYTES);
  return {
    bytes,
    regions,
    regionBytes: REGION_BYTES,
    label: `${regions} regions of ${REGION_BYTES / MIB} MiB`,
    pageData: (region) => bytes.subarray(region * REGION_BYTES, (region + 1) * REGION_BYTES),
  };
}
