/** Regions that share addresses: whose bytes reads by address do not give. A read by address gives the bytes of one of them; those of the others are evidence as well. */
import { ADDRESS_SPACE_END } from "../format/payloads/memory-region.js";
import { TimeSlice } from "../source/time-slice.js";
import { AddressSpace, type MemoryOwner, type MemoryRange } from "./address-space.js";
import type { Region } from "./region.js";

/** A region, and how many of its captured bytes reads by address do not give, since they prefer another region there. */
export interface OverlappedRegion {
  readonly region: Region;
  /** More than 0. */
  readonly bytes: bigint;
}

/** What reads by address take of a region from other regions. */
export interface OverlappedParts {
  /** Bytes of address space of all parts, captured or not. More than 0. */
  readonly bytes: bigint;
  /** The first parts, as many as were asked for at most: ascending, parts that touch are joined. */
  readonly parts: readonly MemoryRange[];
}

/** A memory that tells its regions, such as `AddressSpace`; one without them has none that share addresses. */
interface MemoryOfRegions {
  regionsBetween?(from: bigint, to: bigint, signal?: AbortSignal): Promise<readonly Region[]>;
  owners?(from?: bigint, to?: bigint, signal?: AbortSignal): AsyncIterable<MemoryOwner>;
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

/**
 * For each region that reads by address do not give as a whole: its parts that they take from other regions. `mostParts`: parts that are listed of a region at
 * most; all count to its `bytes`. One sweep of the memory, however many regions share an address. Throws what the memory throws, and `aborted`.
 */
export async function overlappedParts(
  memory: MemoryOfRegions,
  mostParts: number,
  signal?: AbortSignal,
): Promise<ReadonlyMap<Region, OverlappedParts>> {
  const slice = new TimeSlice(signal);
  const overlapped = new Map<Region, OverlappedParts>();
  const regions = (await memory.regionsBetween?.(0n, ADDRESS_SPACE_END, signal)) ?? [];
  for (const group of await groupsOf(regions, signal)) {
    const taken = new Map(group.map((region) => [region, new TakenParts(region, mostParts)]));
    const { start: from, end: to } = spanOf(group);
    // Every address of a region has an owner: what lies between two stretches that a region owns is owned by others.
    for await (const { start, end, region } of memory.owners?.(from, to, signal) ?? []) {
      if (slice.isSpent()) await slice.renew();
      taken.get(region)?.owns(start, end);
    }
    for (const [region, parts] of taken) {
      if (slice.isSpent()) await slice.renew();
      parts.end();
      if (parts.bytes > 0n) overlapped.set(region, parts);
    }
  }
  return overlapped;
}

/** The parts of one region that others own. Told what the region owns, ascending. */
class TakenParts implements OverlappedParts {
  bytes = 0n;
  readonly parts: MemoryRange[] = [];
  readonly #region: Region;
  readonly #most: number;
  #at: bigint;

  constructor(region: Region, most: number) {
    this.#region = region;
    this.#most = most;
    this.#at = region.baseAddr;
  }

  owns(start: bigint, end: bigint): void {
    if (start > this.#at) {
      this.bytes += start - this.#at;
      if (this.parts.length < this.#most) this.parts.push({ start: this.#at, end: start });
    }
    this.#at = end;
  }

  end(): void {
    this.owns(this.#region.endAddr, this.#region.endAddr);
  }
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

/** From the first address of the regions to the end of the last one. */
function spanOf(group: readonly Region[]): MemoryRange {
  const start = group[0]?.baseAddr ?? 0n;
  return { start, end: group.reduce((reach, { endAddr }) => (endAddr > reach ? endAddr : reach), start) };
}

/** For each region of the group, its captured bytes in the range less those that reads by address take from it. */
async function hiddenBytes(
  memory: MemoryOfRegions,
  group: readonly Region[],
  { start: from, end: to }: MemoryRange,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<Region, bigint>> {
  const hidden = new Map<Region, bigint>();
  for (const region of group) {
    const { captured } = await new AddressSpace(async () => [region]).extent(from, to, signal);
    hidden.set(region, captured);
  }
  const slice = new TimeSlice(signal);
  const span = spanOf(group);
  for await (const { start, end, state, region } of memory.owners?.(
    span.start > from ? span.start : from,
    span.end < to ? span.end : to,
    signal,
  ) ?? []) {
    if (slice.isSpent()) await slice.renew();
    const bytes = hidden.get(region);
    if (bytes !== undefined && state === "captured") hidden.set(region, bytes - (end - start));
  }
  return hidden;
}
