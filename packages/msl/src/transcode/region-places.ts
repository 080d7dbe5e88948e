/** The Memory Region blocks of a capture: which region, or part of one, each of them is. */
import { BlockType } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
import { BlockRegion } from "../memory/block-region.js";
import { JoinedRegion } from "../memory/joined-region.js";
import type { Region } from "../memory/region.js";
import type { Capture } from "../read/capture.js";
import type { BlockSelection } from "./options.js";
import { isSelected, type WantedTypes } from "./selection.js";

/** `merged`: its bytes continue those of another block, and are part of that one's region. */
export type RegionPlace =
  | { readonly kind: "region"; readonly region: BlockRegion; readonly selected: boolean; readonly first: number | undefined }
  | { readonly kind: "unreadable"; readonly problem: Problem }
  | { readonly kind: "merged" };

/** By the index of the block; `first` is that of the first fragment, where the block is a later one. */
export async function regionPlaces(
  capture: Capture,
  selection: BlockSelection,
  wanted: WantedTypes,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, RegionPlace>> {
  const places = new Map<number, RegionPlace>();
  const hinted = wanted.hintedRegionsOnly ? await hintedBlocks(capture, signal) : undefined;
  for (const region of await capture.regions(signal)) {
    const parts = partsOf(region);
    const selected =
      wanted.has(BlockType.MemoryRegion) &&
      isSelected(region, selection) &&
      (hinted === undefined || parts.some(({ block }) => hinted.has(block.index)));
    for (const part of parts) {
      const first = part.block.index === region.block.index ? undefined : region.block.index;
      const problem = await part.fault(signal);
      // Page data that does not decompress leaves the page states, and addresses that read as missing.
      if (problem?.id === "CMP-LIMIT") places.set(part.block.index, { kind: "unreadable", problem });
      else places.set(part.block.index, { kind: "region", region: part, selected, first });
    }
  }
  for (const { block, problem } of await capture.unreadableRegions(signal))
    places.set(block.index, { kind: "unreadable", problem });
  for (const block of capture.blocks.ofType(BlockType.MemoryRegion)) {
    if (!block.afterEoc && !places.has(block.index)) places.set(block.index, { kind: "merged" });
  }
  return places;
}

/** Blocks that Key Hints name as their regions. */
async function hintedBlocks(capture: Capture, signal: AbortSignal | undefined): Promise<ReadonlySet<number>> {
  const hinted = new Set<number>();
  for (const block of capture.blocks.ofType(BlockType.KeyHint)) {
    if (block.afterEoc) break;
    const { payload } = await block.decode(signal);
    if (payload?.kind === "KeyHint") hinted.add(capture.references().find(payload.regionUuid));
  }
  return hinted;
}

function partsOf(region: Region): readonly BlockRegion[] {
  if (region instanceof BlockRegion) return [region];
  return region instanceof JoinedRegion ? region.fragments.flatMap(partsOf) : [];
}
