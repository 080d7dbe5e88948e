/** All memory regions of a capture, where several blocks that hold one region are joined; and the regions that share addresses. */

import type { Deviation } from "../deviations/deviation.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import type { ByteOrder, Problem } from "../format/layout/decode.js";
import { listed, Shown } from "../json/shown.js";
import type { Region } from "../memory/region.js";
import { SpareArrays } from "../source/read-ahead.js";
import { itemsInSlices, sortInSlices, TimeSlice } from "../source/time-slice.js";
import type { BlockIndex } from "./block-index.js";
import type { BlockList } from "./block-list.js";
import { FIRST_STORED } from "./block-payload.js";
import type { CaptureBlock } from "./capture-block.js";
import { type Fragment, type JoinedFragments, joinFragments } from "./continuation.js";
import { RegionRows } from "./region-rows.js";

/** A Memory Region block whose head cannot be read, and why. */
export interface UnreadableRegion {
  readonly block: CaptureBlock;
  readonly problem: Problem;
}

export interface RegionSurvey {
  readonly joined: JoinedFragments;
  readonly unreadable: UnreadableRegions;
  /** Every readable Memory Region block as a region of its own: key hints name blocks, not joined regions. */
  readonly byBlock: RegionRows;
  /** Deviations of fragments. */
  readonly deviations: readonly Deviation[];
}

/**
 * The Memory Region blocks whose heads cannot be read, in file order. A capture may have very many: kept are the positions of their blocks and the
 * problems, and the object of a region is made when it is asked for.
 */
export class UnreadableRegions extends Shown implements Iterable<UnreadableRegion> {
  readonly #blocks: BlockList;
  readonly #positions: number[] = [];
  readonly #problems: Problem[] = [];

  constructor(blocks: BlockList) {
    super();
    this.#blocks = blocks;
  }

  /** Adds the region of the block at `position`; the library does so while it lists regions. */
  add(position: number, problem: Problem): void {
    const last = this.#problems.at(-1);
    const isSame = last?.id === problem.id && last.at === problem.at && last.message === problem.message;
    this.#positions.push(position);
    this.#problems.push(isSame ? last : withFlatText(problem));
  }

  /** The number of regions. */
  get length(): number {
    return this.#positions.length;
  }

  /** The unreadable region `row`, 0 to `length - 1`; undefined for others. */
  at(row: number): UnreadableRegion | undefined {
    const [position, problem] = [this.#positions[row], this.#problems[row]];
    return position === undefined || !problem ? undefined : { block: this.#blocks.at(position), problem };
  }

  /** The position of the block in the capture, and the problem. */
  *rows(): Generator<readonly [position: number, problem: Problem], void, undefined> {
    for (const [row, position] of this.#positions.entries()) {
      const problem = this.#problems[row];
      if (problem) yield [position, problem];
    }
  }

  /** The regions in file order. */
  *[Symbol.iterator](): Generator<UnreadableRegion, void, undefined> {
    for (const [position, problem] of this.rows()) yield { block: this.#blocks.at(position), problem };
  }

  /** The number of regions, and the first 1,000. */
  override toJSON() {
    return { count: this.length, first: listed(this, (region) => region) };
  }
}

/** The problem with a message that takes less memory: V8 keeps a concatenated text as its parts, but a parsed text as one array. */
function withFlatText(problem: Problem): Problem {
  return JSON.parse(JSON.stringify(problem)) as Problem;
}

/** The regions of a survey, in the order of their first blocks. */
export async function listRegions({ joined, byBlock }: RegionSurvey, signal: AbortSignal): Promise<readonly Region[]> {
  const slice = new TimeSlice(signal);
  const regions: Region[] = [];
  for (let row = 0; row < byBlock.count; row++) {
    if (slice.isSpent()) await slice.renew();
    const position = byBlock.positionOf(row);
    const region = joined.absorbed.has(position) ? undefined : (joined.regions.get(position) ?? byBlock.at(position));
    if (region) regions.push(region);
  }
  return regions;
}

/** The number of region heads that are read at the same time, since a remote source may take long for each read. */
const REGIONS_AT_ONCE = 16;

interface Surveyed {
  readonly index: BlockIndex;
  readonly blocks: BlockList;
  /** The same blocks, with a source that may merge simultaneous reads of neighbouring bytes. */
  readonly near: BlockList;
  readonly byteOrder: ByteOrder;
  readonly signal: AbortSignal;
}

/** Reads the heads of all Memory Region blocks before End-of-Capture and joins continuation fragments. */
export async function surveyRegions({ index, blocks, near, byteOrder, signal }: Surveyed): Promise<RegionSurvey> {
  const count = await countOf(BlockType.MemoryRegion, index, signal);
  const rows = new RegionRows(blocks, { most: count, size: index.end.dataEnd, byteOrder });
  const found = new UnreadableRegions(blocks);
  const fragments: Fragment[] = [];
  const arrays = new SpareArrays(FIRST_STORED);
  for await (const together of itemsInSlices(batches(near.ofType(BlockType.MemoryRegion)), signal)) {
    const survey = async (block: CaptureBlock) => {
      const start = index.starts.of(block);
      return { block, survey: block.surveyedAtOnce(start) ?? (await block.surveyedRegion({ signal, start, arrays })) };
    };
    const surveyed = await Promise.all(together.map(survey));
    for (const { block, survey } of surveyed) {
      if (survey.head) rows.add(survey);
      else found.add(block.index, survey.problem);
      if ((block.flags & BlockFlag.Continuation) !== 0)
        fragments.push({ block: blocks.at(block.index), region: rows.at(block.index) });
    }
  }
  index.starts.clear();
  const deviations: Deviation[] = [];
  const report = (deviation: Deviation) => deviations.push(deviation);
  const joined = await joinFragments(fragments, { index, blocks, rows, report, signal });
  const slice = new TimeSlice(signal);
  const unreadable = new UnreadableRegions(blocks);
  for (const [position, problem] of found.rows()) {
    if (slice.isSpent()) await slice.renew();
    if (!joined.absorbed.has(position)) unreadable.add(position, problem);
  }
  return { joined, unreadable, byBlock: rows, deviations };
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

/** The blocks before End-of-Capture in groups of `REGIONS_AT_ONCE`. */
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

/**
 * A deviation for each region that shares addresses with another one that begins at a lower address, or at the same address in an earlier block.
 * Overlaps are legal. `regions`: in the order of their blocks. Throws `aborted`.
 */
export async function* regionOverlaps(
  regions: readonly Region[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Deviation, void, undefined> {
  const slice = new TimeSlice(signal);
  const order = await sortInSlices(Uint32Array.from(regions.keys()), (a, b) => baseOf(regions[a]) < baseOf(regions[b]), slice);
  let widest: Region | undefined;
  for (const position of order) {
    if (slice.isSpent()) await slice.renew();
    const region = regions[position];
    if (!region) continue;
    if (widest && region.regionSize > 0n && region.baseAddr < widest.endAddr) {
      const message = `The region at 0x${region.baseAddr.toString(16)} overlaps the one in block ${widest.block.index}`;
      yield { id: "REG-OVERLAP", message, offset: region.block.offset, block: region.block.index };
    }
    if (!widest || region.endAddr > widest.endAddr) widest = region;
  }
}

function baseOf(region: Region | undefined): bigint {
  return region?.baseAddr ?? 0n;
}
