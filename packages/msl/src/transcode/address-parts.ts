/** What the blocks of regions say about addresses, before and after: extents, page states, and how much of the bytes is there. */
import { capturedPage, type PageMap } from "../format/page-states.js";
import type { BlockRegion } from "../memory/block-region.js";
import type { Contender, Stretch } from "../memory/overlap-sweep.js";
import { type CarriedRegion, carriedRegion } from "./carried-region.js";

/** Who wins where regions overlap, and whose bytes are read then. */
export interface Claim extends Contender {
  /** The block of the source. */
  readonly source: number;
  readonly selected: boolean;
  /** Whether the pages are captured, and their bytes not there. */
  readonly missing: boolean;
}

/** The addresses of one block. */
export interface AddressPart {
  readonly baseAddr: bigint;
  readonly endAddr: bigint;
  readonly pageSize: number;
  readonly pages: PageMap;
  /** Captured pages have no bytes from this address on. */
  readonly cut: bigint;
  readonly claim: Omit<Claim, "missing">;
}

/** As the source has them. */
export async function partBefore(known: BlockRegion, claim: AddressPart["claim"], signal?: AbortSignal): Promise<AddressPart> {
  const region = known.afresh();
  const { baseAddr, endAddr, head } = region;
  const pages = await region.pages(signal);
  const { needed, held } = await region.pageDataExtent(signal);
  const cut = held < needed ? addressOf(head.pageSize, pages, held, baseAddr) : endAddr;
  return { baseAddr, endAddr, pageSize: head.pageSize, pages, cut, claim };
}

/** As the output has them. */
export async function partAfter(region: BlockRegion, claim: AddressPart["claim"], signal?: AbortSignal): Promise<AddressPart> {
  const { input }: CarriedRegion = await carriedRegion(region, { signal });
  const { baseAddr, regionSize, pages = await region.afresh().pages(signal), pageSizeLog2 } = input;
  const endAddr = baseAddr + regionSize;
  return { baseAddr, endAddr, pageSize: 2 ** (pageSizeLog2 ?? 0), pages, cut: endAddr, claim };
}

/** The address of byte `offset` of the page data. */
function addressOf(pageSize: number, pages: PageMap, offset: number, baseAddr: bigint): bigint {
  const page = capturedPage(pages, Math.floor(offset / pageSize)) ?? pages.numPages;
  return baseAddr + BigInt(page) * BigInt(pageSize) + BigInt(offset % pageSize);
}

/** In address order and without gaps. */
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
