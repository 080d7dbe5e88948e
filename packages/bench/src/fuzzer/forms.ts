/** The ways in which a payload was stored, out of several possible ones: each has its own decoder. */
import type { BlockInfo, BlockResult } from "@memslice/msl";

export function formsOf(block: BlockInfo, { payload, deviations }: BlockResult): string[] {
  if (!payload) return [];
  const shape = deviations.find(({ id }) => id === "CMP-LZ4SHAPE")?.message;
  const region = payload.kind === "MemoryRegion" ? payload : undefined;
  return [
    ...(block.compression === "none" ? [] : [`${block.compression} payload`]),
    ...(shape === undefined ? [] : [shape]),
    ...(region ? [`region layout ${region.layout}`] : []),
    ...(region?.pageDataCompression ? [`${region.pageDataCompression} page data`] : []),
  ];
}
