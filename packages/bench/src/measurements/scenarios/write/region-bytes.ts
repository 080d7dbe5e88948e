/** The regions that are written: memory-like bytes, 4 MiB each. */
import { memoryLike } from "../../../captures/memory-like.js";
import type { RegionsToWrite } from "../../workloads/written-regions.js";

const MIB = 1024 * 1024;
export const REGION_BYTES = 4 * MIB;

export interface RegionBytes extends RegionsToWrite {
  readonly bytes: Uint8Array;
  /** Without its size. */
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
