/** Page-state maps (specification, page-state map): 2 bits per page, most significant bits first. */
import { type Core, defaultCore } from "./core.js";

/** The states of a page. Pages in any state but `captured` have no bytes in PageData. */
export const PageState = {
  captured: 0,
  failed: 1,
  unmapped: 2,
  /** Not defined by the format: to be treated as failed, and reported. */
  reserved: 3,
} as const;

/** Pages of one map at most: what 32 bits count. */
const MAXIMUM_PAGES = 2 ** 32 - 1;
const PAGES_PER_BYTE = 4;

/** How many pages are in each state. */
export interface PageTally {
  readonly captured: number;
  readonly failed: number;
  readonly unmapped: number;
  readonly reserved: number;
}

/** Tallies the first `pages` states of `map`. Throws a `RangeError` when the map is shorter than that, or 2^32 pages or more. */
export function tallyPageStates(map: Uint8Array, pages: number, core: Core = defaultCore()): PageTally {
  requirePageStates(map, pages);
  const { kernels, memory, scratch } = core;
  let captured = 0;
  let failed = 0;
  let unmapped = 0;
  let reserved = 0;
  let missing = pages;
  core.forEachPiece(map.subarray(0, pageMapBytes(pages)), (address, length) => {
    const piecePages = Math.min(missing, length * PAGES_PER_BYTE);
    kernels.tallyPageStates(address, piecePages, scratch);
    const tally = new DataView(memory.bytes.buffer, scratch, 16);
    captured += tally.getUint32(0, true);
    failed += tally.getUint32(4, true);
    unmapped += tally.getUint32(8, true);
    reserved += tally.getUint32(12, true);
    missing -= piecePages;
  });
  return { captured, failed, unmapped, reserved };
}

/** Bytes of a map of `pages` pages, without padding. */
export function pageMapBytes(pages: number): number {
  return Math.ceil(pages / PAGES_PER_BYTE);
}

/** Throws a `RangeError` unless `map` holds `pages` states and these can be counted. */
export function requirePageStates(map: Uint8Array, pages: number): void {
  if (!Number.isInteger(pages) || pages < 0 || pages > MAXIMUM_PAGES) {
    throw new RangeError(`A page-state map describes 0 to ${MAXIMUM_PAGES} pages; asked for were ${pages}`);
  }
  if (map.length * PAGES_PER_BYTE < pages) {
    throw new RangeError(`${pages} pages need a page-state map of ${pageMapBytes(pages)} bytes; there are ${map.length} bytes`);
  }
}
