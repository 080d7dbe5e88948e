/** Which addresses of a capture are read when all of them would be too many. */
import type { PageMap, Region } from "@memslice/msl";
import type { Random } from "../../captures/random.js";

export interface Window {
  readonly address: bigint;
  readonly length: number;
}

const ADDRESS_SPACE_END = 1n << 64n;
const REGIONS_LOOKED_AT = 16;
/** A region up to this size is read from end to end. */
const WHOLE_BYTES = 32n * 1024n;
/** Bytes on either side of an edge. */
const MARGIN = 9n;
const INNER_BYTES = 64;
const RUNS_LOOKED_AT = 4;
const PAGES_DRAWN = 4;

/**
 * Small regions whole. Of others their start and end, the end of their last page where MSL 0.1 lets it pass the region's, the edges of runs and
 * of pages that are drawn, bytes inside those pages, and where the page data ends.
 */
export async function windowsOf(regions: readonly Region[], random: Random): Promise<Window[]> {
  const some =
    regions.length <= REGIONS_LOOKED_AT ? regions : Array.from({ length: REGIONS_LOOKED_AT }, () => random.pick(regions));
  const windows: Window[] = [];
  for (const region of some) {
    const { start, end } = extentOf(region);
    if (end - start <= WHOLE_BYTES) windows.push(window(start - MARGIN, end + MARGIN));
    else
      for (const edge of await edgesOf(region, random)) windows.push(window(edge - MARGIN, edge + MARGIN), inside(edge, random));
  }
  return windows.filter(({ length }) => length > 0);
}

/** Addresses of the region, and of its last page as a whole. */
function extentOf({ baseAddr, endAddr, head }: Region): { readonly start: bigint; readonly end: bigint } {
  const pagesEnd = baseAddr + BigInt(head.numPages) * BigInt(head.pageSize);
  return { start: baseAddr, end: endAddr > pagesEnd ? endAddr : pagesEnd };
}

async function edgesOf(region: Region, random: Random): Promise<bigint[]> {
  const { head, baseAddr, endAddr } = region;
  const pages = await region.pages();
  const size = BigInt(head.pageSize);
  const numbers = [head.numPages, head.numPages - 1, ...runEdges(pages)];
  for (let left = PAGES_DRAWN; left > 0; left--) numbers.push(random.below(head.numPages + 1));
  const { held } = await region.pageDataExtent();
  const atEnd = pageOfByte(pages, head.pageSize, held);
  const lastHeld = atEnd === undefined ? [] : [baseAddr + BigInt(atEnd) * size + BigInt(held % head.pageSize)];
  return [baseAddr, endAddr, ...lastHeld, ...numbers.map((page) => baseAddr + BigInt(Math.max(0, page)) * size)];
}

function runEdges(pages: PageMap): number[] {
  const edges: number[] = [];
  for (const { start, count, state } of pages.runs()) {
    if (edges.length >= 2 * RUNS_LOOKED_AT) break;
    if (state === "captured") edges.push(start, start + count);
  }
  return edges;
}

/** The page whose bytes begin at or before byte `at` of the page data and end behind it. */
function pageOfByte(pages: PageMap, pageSize: number, at: number): number | undefined {
  let left = Math.floor(at / pageSize);
  for (const { start, count, state } of pages.runs()) {
    if (state !== "captured") continue;
    if (left < count) return start + left;
    left -= count;
  }
  return undefined;
}

function inside(edge: bigint, random: Random): Window {
  const start = edge + BigInt(random.below(1024));
  return window(start, start + BigInt(INNER_BYTES));
}

function window(from: bigint, to: bigint): Window {
  const start = from < 0n ? 0n : from > ADDRESS_SPACE_END ? ADDRESS_SPACE_END : from;
  const end = to > ADDRESS_SPACE_END ? ADDRESS_SPACE_END : to;
  return { address: start, length: Number(end - start) };
}
