/** Says where `hexdump` and `read` are asked for addresses that may have been captured behind the end of a capture that was cut off. */
import type { MemoryRange, Region } from "@memslice/msl";
import type { Invocation } from "../command.js";
import type { Questioned } from "./questioned.js";

/** Says whether the range has addresses in no region, where regions of the capture may be missing. */
export async function noteMissingRegions(
  file: string,
  capture: Questioned,
  range: MemoryRange,
  { output, signal }: Invocation,
): Promise<void> {
  const { missingRegions } = await import("@memslice/analysis");
  const { cutOff, unreadableRegions, regionsMissing } = await missingRegions(capture.memory, signal);
  if (capture.alone || !(cutOff || regionsMissing || unreadableRegions > 0)) return;
  const reason = cutOff ? "the capture has no End-of-Capture" : "the capture has regions that are missing or cannot be read";
  if (isCovered(range, await capture.regions(signal))) return;
  output.note(`${file}: addresses here are in no region that can be read, and ${reason}: a region that had them may be lost`);
}

/** Whether each address of the range is in a region. */
function isCovered({ start, end }: MemoryRange, regions: readonly Region[]): boolean {
  const inside = regions.filter((region) => region.baseAddr < end && region.endAddr > start);
  let covered = start;
  for (const { baseAddr, endAddr } of inside.toSorted(
    (a, b) => Number(a.baseAddr > b.baseAddr) - Number(a.baseAddr < b.baseAddr),
  )) {
    if (baseAddr > covered) return false;
    if (endAddr > covered) covered = endAddr;
  }
  return covered >= end;
}
