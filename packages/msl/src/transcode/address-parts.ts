/**
 * The addresses of region blocks in the source and in the output: extents, page states, the bytes that are there, and the fragments that readers of the
 * output join.
 */
import { capturedPage, type PageMap } from "../format/page-map.js";
import type { BlockRegion } from "../memory/block-region.js";
import type { Contender, Stretch } from "../memory/overlap-sweep.js";
import { sortInSlices, type TimeSlice } from "../source/time-slice.js";
import { keptPageSize } from "./carried-pages.js";
import { carriedRegion } from "./carried-region.js";
import type { TranscodeContext } from "./context.js";
import type { KeptBlocks } from "./kept-blocks.js";
import { BlockColumn } from "./kept-blocks.js";
import type { Lineage } from "./lineage.js";
import type { RegionPlaces } from "./region-places.js";

/** The properties that decide which region wins where regions overlap, so that its bytes are read. */
export interface Claim extends Contender {
  /** The index of the block in the source. */
  readonly source: number;
  readonly selected: boolean;
  /** Whether the pages are captured and their bytes are missing. */
  readonly missing: boolean;
}

/** The addresses of one region block. */
export interface AddressPart {
  readonly baseAddr: bigint;
  readonly endAddr: bigint;
  readonly pageSize: number;
  readonly pages: PageMap;
  /** The address from which on the bytes of captured pages are missing. */
  readonly cut: bigint;
  readonly claim: Omit<Claim, "missing">;
}

/** The addresses of a region block in the source. */
export async function partBefore(region: BlockRegion, claim: AddressPart["claim"], signal?: AbortSignal): Promise<AddressPart> {
  const { baseAddr, endAddr } = region;
  const { head, pages, extent } = await region.reading(signal);
  const { needed, held } = extent;
  const cut = held < needed ? addressOf(head.pageSize, pages, held, baseAddr) : endAddr;
  return { baseAddr, endAddr, pageSize: head.pageSize, pages, cut, claim };
}

/** The addresses of a region block in the output. */
export async function partAfter(region: BlockRegion, claim: AddressPart["claim"], signal?: AbortSignal): Promise<AddressPart> {
  const { input, pages } = await carriedRegion(region, { signal });
  const { baseAddr, regionSize, pageSizeLog2 } = input;
  const endAddr = baseAddr + regionSize;
  return { baseAddr, endAddr, pageSize: 2 ** (pageSizeLog2 ?? 0), pages, cut: endAddr, claim };
}

/**
 * Whether readers of the output cannot read a region block that is carried over as bytes: the source ends before its page data begins. In the source,
 * BlockLength still says that the whole page-state map was written; the copy of the bytes that are there is a complete block without it.
 */
export function isUnreadableAsBytes(kept: KeptBlocks, block: number, { capture, places }: TranscodeContext): boolean {
  if (kept.kindOf(block) !== "raw") return false;
  const source = capture.blocks.at(block);
  return source.truncated && source.stored().size < places.region(block).region.head.dataOffset;
}

/** The address of byte `offset` of the page data. */
function addressOf(pageSize: number, pages: PageMap, offset: number, baseAddr: bigint): bigint {
  const page = capturedPage(pages, Math.floor(offset / pageSize)) ?? pages.numPages;
  return baseAddr + BigInt(page) * BigInt(pageSize) + BigInt(offset % pageSize);
}

/** The stretches of a region block, in the order of their addresses and without gaps. */
export function* stretchesOfPart({ baseAddr, endAddr, pageSize, pages, cut, claim }: AddressPart): Generator<Stretch<Claim>> {
  const held = { ...claim, missing: false };
  const missing = { ...claim, missing: true };
  const size = BigInt(pageSize);
  for (const { start: page, count, state } of pages.runs()) {
    const start = baseAddr + BigInt(page) * size;
    const end = least(start + BigInt(count) * size, endAddr);
    const border = state === "captured" ? least(end, cut > start ? cut : start) : end;
    if (start < border) yield { start, end: border, state, region: held };
    if (border < end) yield { start: border, end, state, region: missing };
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/**
 * The first fragments of the later ones that readers of the output join with them, since they continue the addresses of the fragments before. A joined
 * region has the timestamp and the place of its first fragment.
 */
export async function joinedAfter(
  kept: KeptBlocks,
  lineage: Lineage,
  context: TranscodeContext,
  slice: TimeSlice,
): Promise<BlockColumn> {
  const { capture, places } = context;
  const firstOf = (block: number) => lineage.firstOf(block) ?? block;
  const baseOf = (block: number) => places.region(block).region.baseAddr;
  const before = (a: number, b: number) => firstOf(a) < firstOf(b) || (firstOf(a) === firstOf(b) && baseOf(a) < baseOf(b));
  const fragments = await sortInSlices(await laterFragments(kept, lineage, places, slice), before, slice);
  const joined = new BlockColumn(capture.blocks.length);
  let chief: number | undefined;
  let end: Extent | undefined;
  for (const block of fragments) {
    if (slice.isSpent()) await slice.renew();
    const first = firstOf(block);
    if (first !== chief) {
      chief = first;
      const begins = places.get(first)?.kind === "region" && !isUnreadableAsBytes(kept, first, context);
      end = begins ? extentOf(first, kept, places) : undefined;
    }
    if (isUnreadableAsBytes(kept, block, context)) continue;
    const extent = extentOf(block, kept, places);
    if (!end || extent.baseAddr !== end.endAddr || extent.kind !== end.kind) continue;
    joined.set(block, first);
    end = extent;
  }
  return joined;
}

async function laterFragments(kept: KeptBlocks, lineage: Lineage, places: RegionPlaces, slice: TimeSlice): Promise<Uint32Array> {
  const fragments = new Uint32Array(kept.count);
  let count = 0;
  for (const block of places.regionBlocks()) {
    if (slice.isSpent()) await slice.renew();
    if (lineage.firstOf(block) !== undefined) fragments[count++] = block;
  }
  return fragments.subarray(0, count);
}

interface Extent {
  readonly baseAddr: bigint;
  readonly endAddr: bigint;
  /** The properties that all fragments of one region share, as text. */
  readonly kind: string;
}

/** The extent of a region block in the output. */
function extentOf(block: number, kept: KeptBlocks, places: RegionPlaces): Extent {
  const { head, baseAddr, regionSize } = places.region(block).region;
  const pageSize = kept.kindOf(block) === "raw" ? head.pageSize : keptPageSize(head);
  const size = BigInt(pageSize);
  const endAddr = baseAddr + ((regionSize + size - 1n) / size) * size;
  return { baseAddr, endAddr, kind: `${head.protection} ${head.regionType} ${pageSize}` };
}
