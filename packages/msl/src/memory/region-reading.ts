/** A region as it was read: its page states, the place of its page data, and whether the page data is what the page states promise. */
import type { Deviation } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import type { BlockInfo } from "../format/block-header.js";
import { PADDING_MOST, type Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-map.js";
import type { PageStates } from "../format/page-states.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import { checkMapPadding, checkPageData, missingPages, neededPageData, pageDataEnd } from "../format/payloads/page-data.js";
import type { Source } from "../source/source.js";
import type { PageDataExtent } from "./region.js";
import type { RegionParts } from "./region-parts.js";
import type { StoredPages } from "./stored-pages.js";

/** A region as it was found by a reader that goes over many regions. The region object keeps nothing of it. */
export interface RegionReading {
  readonly block: BlockInfo;
  readonly head: RegionHead;
  readonly pages: PageMap;
  readonly extent: PageDataExtent;
  /** The page data, the captured pages one after the other, and any bytes behind it. */
  readonly pageData: Source;
  /** Why the payload or the page data does not decompress. */
  readonly fault: Problem | undefined;
  /** The results of `check`. */
  readonly problem: Problem | undefined;
  readonly deviations: readonly Deviation[];
}

/** A page-state map, and the padding between it and the page data. */
export interface StoredMap {
  readonly pages: PageStates;
  /** Needed by `check` only, but read with the map: to read it later, a compressed payload would have to be decompressed again. */
  readonly padding: Uint8Array;
}

/** Throws `limit` for page data that a limit forbids to decompress. */
export function requireWithinLimit({ problem }: StoredPages, { index, offset }: BlockInfo): void {
  if (problem?.id === "CMP-LIMIT") throw new MslError("limit", problem.message, { block: index, offset });
}

export function extentOf(head: RegionHead, pages: PageMap, { held, compression }: StoredPages): PageDataExtent {
  return { needed: neededPageData(head, pages), held, missingPages: missingPages(head, pages, held), compression };
}

/** The bytes of page data of which `source` is the stored form. */
function statedBytes({ head }: RegionParts, { source, compression }: StoredPages): number {
  return compression === null ? head.dataLength : source.size;
}

/** The place of the few bytes behind the page data that may be padding; undefined if there are none, or too many. */
export function surplusOf(
  parts: RegionParts,
  pages: PageMap,
  stored: StoredPages,
): { readonly start: number; readonly end: number } | undefined {
  const { size } = stored.source;
  const end = pageDataEnd(parts.head, pages, statedBytes(parts, stored));
  return size > end && size <= end + PADDING_MOST ? { start: end, end: size } : undefined;
}

/** The results of `check`. `surplus`: the bytes in the place that `surplusOf` gives. */
export function checkedRegion(
  parts: RegionParts,
  { pages, padding }: StoredMap,
  stored: StoredPages,
  surplus: Uint8Array | undefined,
): { problem: Problem | undefined; deviations: readonly Deviation[] } {
  const { head, cut, locate, begun, deviations: known } = parts;
  const deviations: Deviation[] = [...(begun?.deviationsWith(stored.ofCompression ?? []) ?? known)];
  const report = (deviation: Omit<Deviation, "block">) => deviations.push(locate(deviation));
  checkMapPadding(head, padding, report);
  if (stored.problem) return { problem: stored.problem, deviations };
  const stated = statedBytes(parts, stored);
  const isShort = stated < neededPageData(head, pages) && !cut;
  const problem = checkPageData(head, pages, isShort ? stored.held : stated, surplus, report);
  return { problem: cut ?? problem, deviations };
}
