/**
 * Regions in several blocks. Later fragments have the Continuation flag and name the first as their parent. Two forms exist on paper:
 *
 *   drafts of 1.0   every fragment is a complete region of its own part of the addresses
 *   MemDiver        later fragments are the raw continuation of the first one's payload
 *
 * A fragment is read the first way if its payload is a region that continues the addresses, the second way if the first region lacks
 * exactly the bytes of all fragments. Anything else stays what it is, on its own.
 */

import { isZero } from "../bytes.js";
import type { Report } from "../deviations/deviation.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { neededPageData } from "../format/payloads/page-data.js";
import type { BlockRegion } from "../memory/block-region.js";
import { JoinedRegion } from "../memory/joined-region.js";
import type { Region } from "../memory/region.js";
import { ConcatenatedSource } from "../source/source.js";
import { itemsInSlices, runInSlices } from "../source/time-slice.js";
import type { BlockIndex } from "./block-index.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";
import type { RegionsByBlock } from "./regions-by-block.js";
import { UuidIndex } from "./uuid-index.js";

/** A block with the Continuation flag, and the region that it is when read on its own. */
export interface Fragment {
  readonly block: CaptureBlock;
  readonly region: BlockRegion | undefined;
}

export interface JoinedFragments {
  /** Logical regions by the index of their first block. */
  readonly regions: ReadonlyMap<number, Region>;
  /** Fragments that became part of one. */
  readonly absorbed: ReadonlySet<number>;
}

interface Surroundings {
  readonly index: BlockIndex;
  readonly blocks: BlockList;
  readonly byBlock: RegionsByBlock;
  readonly report: Report;
  readonly signal: AbortSignal | undefined;
}

export async function joinFragments(fragments: readonly Fragment[], surroundings: Surroundings): Promise<JoinedFragments> {
  const regions = new Map<number, Region>();
  const absorbed = new Set<number>();
  for await (const [first, group] of itemsInSlices(await groupByFirst(fragments, surroundings), surroundings.signal)) {
    const joined = await join(first, group, surroundings);
    if (!joined) continue;
    regions.set(first.block.index, joined.region);
    for (const fragment of joined.fragments) absorbed.add(fragment.block.index);
  }
  return { regions, absorbed };
}

/** Fragments by their first one; those without are reported and left alone. */
async function groupByFirst(fragments: readonly Fragment[], surroundings: Surroundings): Promise<Map<BlockRegion, Fragment[]>> {
  const groups = new Map<BlockRegion, Fragment[]>();
  if (fragments.length === 0) return groups;
  const { index, report, signal } = surroundings;
  const uuids = await runInSlices(UuidIndex.making(index.records, index.length, index.byTrust()), signal);
  const firsts = new Map<number, BlockRegion>();
  for await (const fragment of itemsInSlices(fragments, signal)) {
    const first = firstOf(fragment.block.index, surroundings, uuids, firsts);
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

/** The region that a fragment names as its parent; without a parent, that of the block right before it (MemDiver). */
function firstOf(
  position: number,
  { index: { records }, byBlock }: Surroundings,
  uuids: UuidIndex,
  firsts: ReadonlyMap<number, BlockRegion>,
): BlockRegion | undefined {
  const parentUuid = records.parentUuidBytes(position);
  if (!isZero(parentUuid)) return firstFragment(uuids.find(parentUuid), records, byBlock);
  const before = position - 1;
  return (
    firsts.get(before) ??
    (before >= 0 && (records.flags(before) & BlockFlag.HasChildren) !== 0 ? firstFragment(before, records, byBlock) : undefined)
  );
}

function firstFragment(position: number, records: BlockIndex["records"], byBlock: RegionsByBlock): BlockRegion | undefined {
  if (position < 0 || records.type(position) !== BlockType.MemoryRegion) return undefined;
  return (records.flags(position) & BlockFlag.Continuation) === 0 ? byBlock.get(position) : undefined;
}

interface Joined {
  readonly region: Region;
  readonly fragments: readonly Fragment[];
}

async function join(first: BlockRegion, group: readonly Fragment[], surroundings: Surroundings): Promise<Joined | undefined> {
  const raw = await joinRaw(first, group, surroundings.signal);
  if (raw) {
    report(surroundings, first, `${group.length} fragments are raw continuations of its payload`);
    return raw;
  }
  return joinAdjacent(first, group, surroundings);
}

/** MemDiver's form: the first region's page data is short by exactly what the fragments hold. */
async function joinRaw(
  first: BlockRegion,
  group: readonly Fragment[],
  signal: AbortSignal | undefined,
): Promise<Joined | undefined> {
  const { head } = first;
  if (!group.every((fragment) => areEquallySure(first, fragment))) return undefined;
  if (first.block.truncated || group.every(({ region }) => region !== undefined && continues(first, region))) return undefined;
  const payloads = await Promise.all(group.map(({ block }) => block.payload(signal)));
  const held = payloads.reduce((sum, { payload }) => sum + payload.size, 0);
  const missing = neededPageData(head, await first.pages(signal)) - head.dataLength;
  if (missing <= 0 || held !== missing) return undefined;
  const whole = new ConcatenatedSource([first.payload, ...payloads.map(({ payload }) => payload)]);
  return { region: first.withPayload(whole), fragments: group };
}

/** Whether the region lies inside or right behind the first one's addresses. */
function continues(first: Region, region: Region): boolean {
  return region.baseAddr >= first.baseAddr && region.head.layout === "1.1";
}

/** The drafts' form: joins the fragments that follow each other without gap or overlap, and reports where that ends. */
function joinAdjacent(first: BlockRegion, group: readonly Fragment[], surroundings: Surroundings): Joined | undefined {
  const sorted = group
    .filter((fragment): fragment is Fragment & { region: BlockRegion } => fragment.region !== undefined)
    .sort((a, b) => (a.region.baseAddr < b.region.baseAddr ? -1 : 1));
  const parts: (Fragment & { region: BlockRegion })[] = [];
  let end = first.endAddr;
  for (const fragment of sorted) {
    const { region } = fragment;
    if (!areEquallySure(first, fragment)) {
      const address = `0x${region.baseAddr.toString(16)}`;
      report(
        surroundings,
        region,
        `The fragment at ${address} was found by searching in another way than the first one; it is kept on its own`,
      );
      continue;
    }
    if (region.baseAddr !== end || !sameKind(first, region)) {
      const what = region.baseAddr > end ? "leaves a gap before it" : region.baseAddr < end ? "overlaps" : "differs in kind";
      report(surroundings, region, `The fragment at 0x${region.baseAddr.toString(16)} ${what}; it is kept on its own`);
      continue;
    }
    parts.push(fragment);
    end = region.endAddr;
  }
  if (parts.length === 0) return undefined;
  return { region: new JoinedRegion(first, [first, ...parts.map(({ region }) => region)]), fragments: parts };
}

/** What was found by searching does not become part of what was not. */
function areEquallySure({ block }: Region, fragment: Fragment): boolean {
  return block.salvageEvidence === fragment.block.salvageEvidence;
}

function sameKind({ head: a }: Region, { head: b }: Region): boolean {
  return a.protection === b.protection && a.regionType === b.regionType && a.pageSize === b.pageSize;
}

function report({ report: tell }: Surroundings, { block }: Region, message: string): void {
  tell({ id: "REG-CONT", message: `Block ${block.index}: ${message}`, offset: block.offset, field: "flags" });
}
