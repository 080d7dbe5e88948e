/** In which of several possible ways a payload was stored: each has a decoder of its own. */
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
