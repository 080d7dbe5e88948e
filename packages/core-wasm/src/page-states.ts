/** Page-state maps (specification, page-state map): 2 bits per page, most significant bits first. */
import { type Core, defaultCore } from "./core.js";
import { TALLY_CAPTURED, TALLY_FAILED, TALLY_RESERVED, TALLY_UNMAPPED } from "./layout.js";

/** The states of a page. Pages in any state but `captured` have no bytes in PageData. */
export const PageState = {
  captured: 0,
  failed: 1,
  unmapped: 2,
  /** Not defined by the format. Readers treat such a page as failed, and report it. */
  reserved: 3,
} as const;

/** The most pages of one map: the kernels count them in 32 bits. */
const MAXIMUM_PAGES = 2 ** 32 - 1;
const PAGES_PER_BYTE = 4;

/** The number of pages in each state. */
export interface PageTally {
  readonly captured: number;
  readonly failed: number;
  readonly unmapped: number;
  readonly reserved: number;
}

/** Counts the first `pages` states of `map`. Throws a `RangeError` when the map has fewer states, or for 2^32 pages or more. */
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
    captured += tally.getUint32(TALLY_CAPTURED, true);
    failed += tally.getUint32(TALLY_FAILED, true);
    unmapped += tally.getUint32(TALLY_UNMAPPED, true);
    reserved += tally.getUint32(TALLY_RESERVED, true);
    missing -= piecePages;
  });
  return { captured, failed, unmapped, reserved };
}

/** Bytes of a map of `pages` pages. */
export function pageMapBytes(pages: number): number {
  return Math.ceil(pages / PAGES_PER_BYTE);
}

/** Throws a `RangeError` unless `pages` is an integer below 2^32, and `map` has as many states. */
export function requirePageStates(map: Uint8Array, pages: number): void {
  if (!Number.isInteger(pages) || pages < 0 || pages > MAXIMUM_PAGES) {
    throw new RangeError(`A page-state map describes 0 to ${MAXIMUM_PAGES} pages; asked for were ${pages}`);
  }
  if (map.length * PAGES_PER_BYTE < pages) {
    throw new RangeError(`${pages} pages need a page-state map of ${pageMapBytes(pages)} bytes; there are ${map.length} bytes`);
  }
}
