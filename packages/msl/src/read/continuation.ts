/**
 * Regions in several blocks. Later fragments have the Continuation flag and name the first fragment as their parent. There are two forms:
 *
 *   drafts of 1.0   every fragment is a complete region of its own part of the addresses
 *   MemDiver        later fragments are the raw continuation of the first fragment's payload
 *
 * A fragment is read in the first form if its payload is a region that continues the addresses, in the second if the first region lacks exactly as
 * many bytes of page data as all fragments have. Any other fragment is a region of its own, if it is a region at all.
 */

import { isZero } from "../bytes.js";
import type { Report } from "../deviations/deviation.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { neededPageData } from "../format/payloads/page-data.js";
import type { BlockRegion } from "../memory/block-region.js";
import { JoinedRegion } from "../memory/joined-region.js";
import type { Region } from "../memory/region.js";
import { ConcatenatedSource, type Source } from "../source/source.js";
import { itemsInSlices, runInSlices, sortInSlices, TimeSlice } from "../source/time-slice.js";
import type { BlockIndex } from "./block-index.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";
import { UuidIndex } from "./references.js";
import type { RegionRows } from "./region-rows.js";

/** A block with the Continuation flag, and the region in its payload, if there is one. */
export interface Fragment {
  readonly block: CaptureBlock;
  readonly region: BlockRegion | undefined;
}

export interface JoinedFragments {
  /** Joined regions by the index of their first block. */
  readonly regions: ReadonlyMap<number, Region>;
  /** The indexes of the blocks of later fragments that became part of a joined region. */
  readonly absorbed: ReadonlySet<number>;
}

/** The capture whose fragments are joined. */
interface Survey {
  readonly index: BlockIndex;
  readonly blocks: BlockList;
  readonly rows: RegionRows;
  readonly report: Report;
  readonly signal: AbortSignal | undefined;
}

export async function joinFragments(fragments: readonly Fragment[], survey: Survey): Promise<JoinedFragments> {
  const regions = new Map<number, Region>();
  const absorbed = new Set<number>();
  for await (const [first, group] of itemsInSlices(await groupByFirst(fragments, survey), survey.signal)) {
    const joined = await join(first, group, survey);
    if (!joined) continue;
    regions.set(first.block.index, joined.region);
    for (const fragment of joined.fragments) absorbed.add(fragment.block.index);
  }
  return { regions, absorbed };
}

/** Groups later fragments by the first fragment of their region. If the capture lacks the first fragment, reports the later one and leaves it out. */
async function groupByFirst(fragments: readonly Fragment[], survey: Survey): Promise<Map<BlockRegion, Fragment[]>> {
  const groups = new Map<BlockRegion, Fragment[]>();
  if (fragments.length === 0) return groups;
  const { index, report, signal } = survey;
  const uuids = await runInSlices(UuidIndex.making(index.records, index.length, index.byTrust()), signal);
  const firsts = new Map<number, BlockRegion>();
  for await (const fragment of itemsInSlices(fragments, signal)) {
    const first = firstOf(fragment.block.index, survey, uuids, firsts);
    if (!first) {
      const { index: position, offset } = fragment.block;
      report({
        id: "REG-CONT",
        message: `Block ${position} continues a region that is not there; it is kept on its own`,
        offset,
        field: "parentUuid",
      });
      continue;
    }
    firsts.set(fragment.block.index, first);
    const group = groups.get(first);
    if (group) group.push(fragment);
    else groups.set(first, [fragment]);
  }
  return groups;
}

/**
 * The first fragment of the region that a later fragment continues: the parent of the later fragment. If it names no parent (MemDiver), the first
 * fragment of the region that the block right before it belongs to.
 */
function firstOf(
  position: number,
  { index: { records }, rows }: Survey,
  uuids: UuidIndex,
  firsts: ReadonlyMap<number, BlockRegion>,
): BlockRegion | undefined {
  const parentUuid = records.parentUuidBytes(position);
  if (!isZero(parentUuid)) return firstFragment(uuids.findBytes(parentUuid), records, rows);
  const before = position - 1;
  return (
    firsts.get(before) ??
    (before >= 0 && (records.flags(before) & BlockFlag.HasChildren) !== 0 ? firstFragment(before, records, rows) : undefined)
  );
}

function firstFragment(position: number, records: BlockIndex["records"], rows: RegionRows): BlockRegion | undefined {
  if (position < 0 || records.type(position) !== BlockType.MemoryRegion) return undefined;
  return (records.flags(position) & BlockFlag.Continuation) === 0 ? rows.at(position) : undefined;
}

interface Joined {
  readonly region: Region;
  readonly fragments: readonly Fragment[];
}

async function join(first: BlockRegion, group: readonly Fragment[], survey: Survey): Promise<Joined | undefined> {
  const raw = await joinRaw(first, group, survey);
  if (raw) {
    report(survey, first, `${group.length} fragments are raw continuations of its payload`);
    return raw;
  }
  return joinAdjacent(first, group, survey);
}

/** Joins fragments in MemDiver's form. The first region has to lack exactly as many bytes of page data as all later fragments have. */
async function joinRaw(first: BlockRegion, group: readonly Fragment[], survey: Survey): Promise<Joined | undefined> {
  const { blocks, signal } = survey;
  if (first.block.truncated) return undefined;
  const slice = new TimeSlice(signal);
  let areRegions = true;
  for (const fragment of group) {
    if (slice.isSpent()) await slice.renew();
    if (!areEquallySure(first, fragment)) return undefined;
    areRegions &&= fragment.region !== undefined && continues(first, fragment.region);
  }
  if (areRegions) return undefined;
  const missing = neededPageData(first.head, await first.pages(signal)) - first.head.dataLength;
  if (missing <= 0) return undefined;
  const payloads: Source[] = [];
  let held = 0;
  for (const { block } of group) {
    if (slice.isSpent(8)) await slice.renew();
    const { payload } = await block.payload(signal);
    payloads.push(payload);
    held += payload.size;
  }
  if (held !== missing) return undefined;
  // Read again: of a compressed payload the survey keeps only the start.
  const { region } = await blocks.at(first.block.index).region(signal);
  return region && { region: region.withPayload(new ConcatenatedSource([region.payload, ...payloads])), fragments: group };
}

/** Whether `region` can be a later part of `first`: it has the layout of 1.1, and no lower base address. */
function continues(first: Region, region: Region): boolean {
  return region.baseAddr >= first.baseAddr && region.head.layout === "1.1";
}

/** Joins fragments in the form of the drafts, if their addresses follow each other without gap or overlap. Reports the fragments that it cannot join. */
async function joinAdjacent(first: BlockRegion, group: readonly Fragment[], survey: Survey): Promise<Joined | undefined> {
  const slice = new TimeSlice(survey.signal);
  const baseOf = (i: number) => group[i]?.region?.baseAddr ?? 0n;
  const order = await sortInSlices(Uint32Array.from(group.keys()), (a, b) => baseOf(a) < baseOf(b), slice);
  const fragments: Fragment[] = [];
  const regions = [first];
  let end = first.endAddr;
  for (const position of order) {
    if (slice.isSpent(8)) await slice.renew();
    const fragment = group[position];
    const region = fragment?.region;
    if (!fragment || !region) continue;
    const address = `0x${region.baseAddr.toString(16)}`;
    if (!areEquallySure(first, fragment)) {
      const way = "was found by searching in another way than the first one";
      report(survey, region, `The fragment at ${address} ${way}; it is kept on its own`);
    } else if (region.baseAddr !== end || !sameKind(first, region)) {
      const what = region.baseAddr > end ? "leaves a gap before it" : region.baseAddr < end ? "overlaps" : "differs in kind";
      report(survey, region, `The fragment at ${address} ${what}; it is kept on its own`);
    } else {
      fragments.push(fragment);
      regions.push(region);
      end = region.endAddr;
    }
  }
  return fragments.length === 0 ? undefined : { region: await JoinedRegion.of(first, regions, survey.signal), fragments };
}

/** Whether two blocks have the same salvage evidence. If not, they are not joined: salvaged data must not become part of a region that is not salvaged. */
function areEquallySure({ block }: Region, fragment: Fragment): boolean {
  return block.salvageEvidence === fragment.block.salvageEvidence;
}

function sameKind({ head: a }: Region, { head: b }: Region): boolean {
  return a.protection === b.protection && a.regionType === b.regionType && a.pageSize === b.pageSize;
}

function report({ report: tell }: Survey, { block }: Region, message: string): void {
  tell({ id: "REG-CONT", message: `Block ${block.index}: ${message}`, offset: block.offset, field: "flags" });
}
