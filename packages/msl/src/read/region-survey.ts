/** All memory regions of a capture: one per block, or several blocks joined that hold one region. */

import type { Deviation } from "../deviations/deviation.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
import type { Region } from "../memory/region.js";
import { itemsInSlices, TimeSlice } from "../source/time-slice.js";
import type { BlockIndex } from "./block-index.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";
import { type Fragment, joinFragments } from "./continuation.js";
import { RegionRows } from "./region-rows.js";
import { RegionsByBlock } from "./regions-by-block.js";

/** A Memory Region block whose addresses cannot be told, and why. */
export interface UnreadableRegion {
  readonly block: CaptureBlock;
  readonly problem: Problem;
}

export interface RegionSurvey {
  /** In the order of their first blocks. */
  readonly regions: readonly Region[];
  readonly unreadable: readonly UnreadableRegion[];
  /** Every readable Memory Region block on its own, by block index; key hints name blocks, not joined regions. */
  readonly byBlock: RegionsByBlock;
  /** Fragments out of place. */
  readonly deviations: readonly Deviation[];
}

/** Region heads that are read at the same time: their sources may be far away. */
const REGIONS_AT_ONCE = 16;

/** Looks at the heads of all Memory Region blocks before End-of-Capture, and at the continuation fragments among them. */
export async function surveyRegions(
  index: BlockIndex,
  blocks: BlockList,
  signal: AbortSignal | undefined,
): Promise<RegionSurvey> {
  const byBlock = new RegionsByBlock();
  const rows = new RegionRows(blocks, await countOf(BlockType.MemoryRegion, index, signal), index.end.dataEnd);
  const unreadable = new Map<number, UnreadableRegion>();
  const fragments: Fragment[] = [];
  for await (const together of itemsInSlices(batches(blocks.ofType(BlockType.MemoryRegion)), signal)) {
    const found = await Promise.all(together.map(async (block) => ({ block, result: await block.surveyedRegion(signal) })));
    for (const { block, result } of found) {
      const region = result.row ? rows.add(result.region, result.row) : result.region;
      if (result.start) region?.remember(result.start);
      if (region) byBlock.add(block.index, region);
      if (result.problem) unreadable.set(block.index, { block, problem: result.problem });
      if ((block.flags & BlockFlag.Continuation) !== 0) fragments.push({ block, region });
    }
  }
  const deviations: Deviation[] = [];
  const report = (deviation: Deviation) => deviations.push(deviation);
  const joined = await joinFragments(fragments, { index, blocks, byBlock, report, signal });
  const regions: Region[] = [];
  for (const [position, region] of byBlock)
    if (!joined.absorbed.has(position)) regions.push(joined.regions.get(position) ?? region);
  return {
    regions,
    unreadable: [...unreadable.values()].filter(({ block }) => !joined.absorbed.has(block.index)),
    byBlock,
    deviations,
  };
}

async function countOf(type: number, { records, length }: BlockIndex, signal: AbortSignal | undefined): Promise<number> {
  const slice = new TimeSlice(signal);
  let count = 0;
  for (let at = records.indexOfType(type); at >= 0 && at < length; at = records.indexOfType(type, at + 1)) {
    if (slice.isSpent()) await slice.renew();
    count++;
  }
  return count;
}

/** The blocks before End-of-Capture, a few at a time. */
function* batches(blocks: Iterable<CaptureBlock>): Generator<CaptureBlock[]> {
  let batch: CaptureBlock[] = [];
  for (const block of blocks) {
    if (block.afterEoc) break;
    if (batch.push(block) < REGIONS_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
