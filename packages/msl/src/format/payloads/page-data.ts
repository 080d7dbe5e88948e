/** Page data of a region: whether it is what the page-state map promises (specification, region reconstruction), and data that was decompressed. */

import { isZero, ownBytes } from "../../bytes.js";
import type { Report } from "../../deviations/deviation.js";
import type { SlicedWork } from "../../sliced-work.js";
import { PADDING_MOST, type Problem } from "../layout/decode.js";
import type { PageMap } from "../page-map.js";
import type { RegionHead } from "./memory-region.js";

/** How page data is compressed for itself, in captures of MSL 0.1. */
export type PageDataCompression = "zstd" | "lz4";

/** Page data of MSL 0.1 that was decompressed; a problem if it does not decode to what the map asks for. */
export type InflatedPageData =
  | { readonly compression: PageDataCompression; readonly bytes: Uint8Array; readonly problem?: undefined }
  | { readonly compression: PageDataCompression; readonly bytes?: undefined; readonly problem: Problem };

/** Decompresses the page data of MSL 0.1 if it looks compressed; undefined if it does not. */
export type InflatePageData = (head: RegionHead, pages: PageMap, stored: Uint8Array) => SlicedWork<InflatedPageData> | undefined;

/** Bytes of the Captured pages, each counted whole. */
export function wholePageData({ pageSize }: Pick<RegionHead, "pageSize">, pages: PageMap): number {
  return pages.tally().captured * pageSize;
}

/** Bytes that the Captured pages take. A last page that passes the region's end (MSL 0.1) is stored only up to that end. */
export function neededPageData(
  { numPages, pageSize, regionSize }: Pick<RegionHead, "numPages" | "pageSize" | "regionSize">,
  pages: PageMap,
): number {
  const whole = wholePageData({ pageSize }, pages);
  if (numPages === 0 || pages.stateAt(numPages - 1) !== "captured") return whole;
  return whole - (numPages * pageSize - Number(regionSize));
}

/** Where surplus begins, in `held` bytes of page data: MSL 0.1 writers store the last page whole, or up to the region's end. */
export function pageDataEnd(head: RegionHead, pages: PageMap, held: number): number {
  const whole = wholePageData(head, pages);
  return held >= whole ? whole : neededPageData(head, pages);
}

const PAGES_PER_BYTE = 4;

/** Offset in the payload of the first map byte with bits that belong to no page: the last used byte, or the padding. */
export function mapPaddingAt({ mapOffset, numPages }: RegionHead): number {
  return mapOffset + Math.floor(numPages / PAGES_PER_BYTE);
}

/** Reports bits behind the state of the last page that are not zero. `rest`: the payload bytes from `mapPaddingAt` up to the page data. */
export function checkMapPadding(head: RegionHead, rest: Uint8Array, report: Report): void {
  const padding = ownBytes(rest);
  padding[0] = (padding[0] ?? 0) & (0xff >> (2 * (head.numPages % PAGES_PER_BYTE)));
  if (isZero(padding)) return;
  report({
    id: "REG-MAPPAD",
    message: "Bits behind the page states are not zero",
    offset: mapPaddingAt(head),
    field: "pageStateMap",
    bytes: padding,
  });
}

const PADDED_TO = 8;

/**
 * Where zeros at the end of a payload that was filled to 8 bytes are padding, though they stand in the place of page data: only where the data is
 * short. Offsets from the start of the payload, of which `there` bytes are there; undefined where nothing can be padding.
 */
export function shortDataPadding(
  head: RegionHead,
  pages: PageMap,
  there: number,
): { readonly start: number; readonly end: number } | undefined {
  const length = head.dataOffset + head.dataLength;
  if (length % PADDED_TO !== 0 || head.dataLength >= neededPageData(head, pages)) return undefined;
  const start = Math.max(head.dataOffset, length - PADDING_MOST);
  const end = Math.min(length, there);
  return start < end ? { start, end } : undefined;
}

/** How many zeros `bytes` ends with. */
export function trailingZeros(bytes: Uint8Array): number {
  return bytes.length - 1 - bytes.findLastIndex((byte) => byte !== 0);
}

/** How many Captured pages lack bytes, of `held` bytes of page data; the first such page may have some of its bytes. */
export function missingPages(head: RegionHead, pages: PageMap, held: number): number {
  if (held >= neededPageData(head, pages)) return 0;
  return pages.tally().captured - Math.floor(held / head.pageSize);
}

/**
 * Reports odd states and surplus bytes; returns a problem when bytes are missing. `held`: bytes of page data there are; `surplus`: those
 * from `pageDataEnd` on, if at hand.
 */
export function checkPageData(
  head: RegionHead,
  pages: PageMap,
  held: number,
  surplus: Uint8Array | undefined,
  report: Report,
): Problem | undefined {
  const tally = pages.tally();
  if (tally.reserved > 0)
    report({
      id: "REG-STATE3",
      message: `${tally.reserved} pages have the reserved state 11`,
      offset: head.mapOffset,
      field: "pageStateMap",
      values: [tally.reserved],
    });
  const needed = neededPageData(head, pages);
  const end = pageDataEnd(head, pages, held);
  const excess = held - end;
  if (excess < 0) {
    return {
      id: "REG-SHORTDATA",
      at: head.dataOffset,
      message: `The ${tally.captured} captured pages need ${needed} bytes of page data, but only ${held} are there`,
      values: [held, needed],
    };
  }
  const padding = excess <= PADDING_MOST && (surplus === undefined || isZero(surplus));
  if (excess > 0) {
    report({
      id: padding ? "BLK-PADDING" : "REG-SURPLUS",
      message: `${excess} ${padding ? "padding " : ""}bytes follow the page data`,
      offset: head.dataOffset + end,
      field: "pageData",
      values: [excess],
    });
  }
  return undefined;
}
