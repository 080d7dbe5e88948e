/** Chooses the addresses of a capture to read, since reading all of them would take too long. */
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
/** Number of bytes to read on either side of an edge. */
const MARGIN = 9n;
const INNER_BYTES = 64;
const RUNS_LOOKED_AT = 4;
const PAGES_DRAWN = 4;

/**
 * Small regions as a whole. Of larger regions: start and end; the end of the last page, which may lie beyond the region's end in MSL
 * 0.1; the edges of some runs and pages drawn at random; bytes inside those pages; and the end of the page data.
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

/** The addresses of the region, including the whole of its last page. */
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

/** The page that holds byte `at` of the page data. */
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
