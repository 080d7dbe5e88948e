/**
 * Regions that share addresses. A read by address gives the bytes of one of them; those of the others are evidence as well: this module counts them, and
 * gives each region as a memory of its own.
 */
import type { Capture, MemoryRange, Region } from "@memslice/msl";
import { ADDRESS_SPACE_END, AddressSpace, TimeSlice } from "@memslice/msl/work";
import type { Memory } from "./memory.js";

/** A region, and how many of its captured bytes reads by address do not give, since they prefer another region there. */
export interface OverlappedRegion {
  readonly region: Region;
  /** More than 0. */
  readonly bytes: bigint;
}

type MemoryOfRegions = Pick<Memory, "regionsBetween" | "owners">;

/**
 * The memory of one region alone: its own bytes, also at addresses where `capture.memory` prefers another region. Every question can be asked of it.
 * `capture`: the capture that the region is of.
 */
export function regionMemory(capture: Pick<Capture, "memory">, region: Region): AddressSpace {
  return new AddressSpace(async () => [region], { requireUnchanged: () => capture.memory.requireUnchanged() });
}

/**
 * The regions with captured bytes between two addresses, by default of the whole address space, that `memory.readInto` does not give; in the order of their
 * base addresses. None for a memory without `regionsBetween` and `owners`. Throws what the memory throws, and `aborted`.
 */
export async function overlappedRegions(
  memory: MemoryOfRegions,
  from = 0n,
  to = ADDRESS_SPACE_END,
  signal?: AbortSignal,
): Promise<OverlappedRegion[]> {
  const overlapped: OverlappedRegion[] = [];
  for (const group of await groupsOf((await memory.regionsBetween?.(from, to, signal)) ?? [], signal)) {
    const hidden = await hiddenBytes(memory, group, { start: from, end: to }, signal);
    for (const [region, bytes] of hidden) if (bytes > 0n) overlapped.push({ region, bytes });
  }
  return overlapped;
}

/** The parts of a region, between its first address and its end, that reads by address take from other regions; ascending, parts that touch are joined. */
export async function overlappedParts(memory: MemoryOfRegions, region: Region, signal?: AbortSignal): Promise<MemoryRange[]> {
  const slice = new TimeSlice(signal);
  const parts: { start: bigint; end: bigint }[] = [];
  if (!memory.owners) return parts;
  for await (const { start, end, region: owner } of memory.owners(region.baseAddr, region.endAddr, signal)) {
    if (slice.isSpent()) await slice.renew();
    if (owner === region) continue;
    const last = parts.at(-1);
    if (last?.end === start) last.end = end;
    else parts.push({ start, end });
  }
  return parts;
}

/** Groups of two regions or more: each shares addresses with another one of its group, and with none of another group. */
async function groupsOf(regions: readonly Region[], signal: AbortSignal | undefined): Promise<Region[][]> {
  const slice = new TimeSlice(signal);
  const groups: Region[][] = [];
  let group: Region[] = [];
  let reach = 0n;
  for (const region of regions) {
    if (slice.isSpent()) await slice.renew();
    if (region.baseAddr >= reach) group = [];
    group.push(region);
    if (group.length === 2) groups.push(group);
    if (region.endAddr > reach) reach = region.endAddr;
  }
  return groups;
}

/** For each region of the group, its captured bytes in the range less those that reads by address take from it. */
async function hiddenBytes(
  memory: MemoryOfRegions,
  group: readonly Region[],
  { start: from, end: to }: MemoryRange,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<Region, bigint>> {
  const hidden = new Map<Region, bigint>();
  let reach = 0n;
  for (const region of group) {
    const { captured } = await new AddressSpace(async () => [region]).extent(from, to, signal);
    hidden.set(region, captured);
    if (region.endAddr > reach) reach = region.endAddr;
  }
  const slice = new TimeSlice(signal);
  const first = group[0]?.baseAddr ?? from;
  for await (const { start, end, state, region } of memory.owners?.(
    first > from ? first : from,
    reach < to ? reach : to,
    signal,
  ) ?? []) {
    if (slice.isSpent()) await slice.renew();
    const bytes = hidden.get(region);
    if (bytes !== undefined && state === "captured") hidden.set(region, bytes - (end - start));
  }
  return hidden;
}
