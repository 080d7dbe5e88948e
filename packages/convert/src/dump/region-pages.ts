/**
 * The regions of a dump as a capture stores them: which pages are captured, and where their bytes are. A page that the file has a part of is captured, with zeros for
 * the rest; the number of these zeros is told. Large ranges without any captured page are stored in larger pages: the page-state map of 2^64
 * bytes in pages of 4096 would have 2^50 bytes. Very many runs of stated states are stored in several regions.
 */

import { pagesOf, type RegionInput } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";
import type { UnmappedRuns } from "../own/unmapped-runs.js";
import type { AbsentState, DumpRegions } from "./dump-regions.js";
import { LEAST_PAGE } from "./exact-pages.js";

/** Consecutive pages of one state. */
export interface PageSpan {
  /** Address of the first page. */
  readonly address: bigint;
  readonly pages: bigint;
  /** The numbers of the extents with bytes in these pages, `from` to `to - 1`; none if the pages are not captured. */
  readonly from: number;
  readonly to: number;
  readonly state: "captured" | AbsentState;
}

/** A part of a region that becomes one Memory Region block, or several fragments of one. */
export interface StoredRegion {
  readonly input: Omit<RegionInput, "pageData" | "pages"> & { readonly pages: ReturnType<typeof pagesOf> };
  readonly spans: readonly PageSpan[];
}

/** Absent pages of one size in a row, above which they are stored in larger pages. */
const ABSENT_PAGES_MOST = 1n << 24n;
/** The binary logarithm of how much larger. The format has pages of up to 2^40 bytes. */
const LARGER_BY = 10;
const LARGEST_LOG2 = 40;

/** Spans by the states that a dump states that become one Memory Region: some milliseconds of work. A region with more of them becomes several. */
const SPANS_TOGETHER = 1 << 10;

/** Pages of one size that become a Memory Region. */
interface StoredSpans {
  readonly spans: readonly PageSpan[];
  readonly pageSizeLog2: number;
}

/** Bytes of the pages of a region of `size` bytes: one that is smaller than a page has the smallest pages, so that as little as possible is filled. */
export function pageSizeFor(size: bigint, pageSize: number): number {
  return size < BigInt(pageSize) ? Math.min(LEAST_PAGE, pageSize) : pageSize;
}

/** The regions to be written for the region `row`: one, or several if a large part of it is absent, or in many runs of stated states. `pageSize`: bytes, a power of two. */
export function* storedRegions(
  regions: DumpRegions,
  row: number,
  pageSize: number,
  timestampNs: bigint,
): Generator<StoredRegion, void, undefined> {
  const { protection, type: regionType } = regions.region(row);
  for (const { spans, pageSizeLog2 } of storedSpans(regions, row, pageSize)) {
    let pages = 0n;
    for (const span of spans) pages += span.pages;
    const baseAddr = spans[0]?.address ?? 0n;
    const regionSize = pages << BigInt(pageSizeLog2);
    yield {
      input: { baseAddr, regionSize, protection, regionType, pageSizeLog2, timestampNs, pages: statesOf(spans) },
      spans,
    };
  }
}

/** The pages of each region that `storedRegions` gives, without the region: for counts. */
export function* storedSpans(regions: DumpRegions, row: number, pageSize: number): Generator<StoredSpans, void, undefined> {
  const page = pageSizeFor(regions.region(row).size, pageSize);
  const log2 = Math.log2(page);
  const sole = soleSpan(regions, row, BigInt(page));
  if (sole) return yield { spans: [sole], pageSizeLog2: log2 };
  let gathered: PageSpan[] = [];
  for (const span of spansOf(regions, row, BigInt(page))) {
    if (isCaptured(span) || span.pages <= ABSENT_PAGES_MOST) {
      if (gathered.length >= SPANS_TOGETHER && !isCaptured(span) && regions.isStated(row)) {
        yield { spans: gathered, pageSizeLog2: log2 };
        gathered = [];
      }
      gathered.push(span);
      continue;
    }
    if (gathered.length > 0) yield { spans: gathered, pageSizeLog2: log2 };
    gathered = [];
    for (const large of largePages(span, log2)) yield { spans: [large.span], pageSizeLog2: large.pageSizeLog2 };
  }
  if (gathered.length > 0) yield { spans: gathered, pageSizeLog2: log2 };
}

/** Whether the file has bytes of these pages. */
export function isCaptured({ from, to }: PageSpan): boolean {
  return to > from;
}

/** Addresses without gaps: `from` to `to - 1`. */
interface AddressRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** The parts of captured pages that no extent of their own region has, in ascending order. */
export function* gapsOf({ address, pages, from, to }: PageSpan, regions: DumpRegions, pageSize: bigint): Generator<AddressRange> {
  let at = address;
  for (let index = from; index < to; index++) {
    const extent = regions.extent(index);
    if (extent.address > at) yield { from: at, to: extent.address };
    at = extent.address + BigInt(extent.length);
  }
  const end = address + pages * pageSize;
  if (at < end) yield { from: at, to: end };
}

function statesOf(spans: readonly PageSpan[]): ReturnType<typeof pagesOf> {
  return pagesOf(spans.map(({ pages, state }) => ({ count: Number(pages), state })));
}

/** The one span of most regions, which have no bytes or one extent in all of their pages; undefined for others. `spansOf` takes longer than all other work of a small region. */
function soleSpan(regions: DumpRegions, row: number, page: bigint): PageSpan | undefined {
  const { from, to } = regions.extentsOf(row);
  if (to > from + 1 || regions.isStated(row)) return undefined;
  const { start: address, size, absent } = regions.region(row);
  const pages = pagesIn(size, page);
  if (address + pages * page > ADDRESS_SPACE_END) return undefined;
  if (from === to) return pages > ABSENT_PAGES_MOST ? undefined : { address, pages, from, to, state: absent };
  const extent = regions.extent(from);
  const skipped = extent.address - address;
  if (skipped >= page || pagesIn(skipped + BigInt(extent.length), page) < pages) return undefined;
  return { address, pages, from, to, state: "captured" };
}

/** The pages of a region by state, in order. The last page may pass the end of the region, and is left out if it would pass 2^64. */
function* spansOf(regions: DumpRegions, row: number, page: bigint): Generator<PageSpan, void, undefined> {
  const { start, size, absent } = regions.region(row);
  const span = (first: bigint, end: bigint, from: number, to: number): PageSpan => ({
    ...{ address: start + first * page, pages: end - first, from, to, state: "captured" },
  });
  const { unmapped } = regions;
  const hole = (first: bigint, end: bigint, at: number): Iterable<PageSpan> => {
    const whole: PageSpan = { ...span(first, end, at, at), state: absent };
    return unmapped && regions.isStated(row) ? statedSpans(whole, unmapped, page) : [whole];
  };
  const { from, to } = regions.extentsOf(row);
  const most = (ADDRESS_SPACE_END - start) / page;
  if (from === to) {
    const pages = least(pagesIn(size, page), most);
    if (pages > 0n) yield* hole(0n, pages, from);
    return;
  }
  let open = { first: 0n, end: 0n, from, to: from };
  for (let index = from; index < to; index++) {
    const { address, length } = regions.extent(index);
    const first = (address - start) / page;
    const end = least(pagesIn(address - start + BigInt(length), page), most);
    if (first >= most) break;
    if (open.to > open.from && first <= open.end) {
      open.end = end > open.end ? end : open.end;
      open.to = index + 1;
      continue;
    }
    if (open.to > open.from) yield span(open.first, open.end, open.from, open.to);
    if (first > open.end) yield* hole(open.end, first, index);
    open = { first, end, from: index, to: index + 1 };
  }
  if (open.to > open.from) yield span(open.first, open.end, open.from, open.to);
  const end = least(pagesIn(size, page), most);
  if (end > open.end) yield* hole(open.end, end, to);
}

/** The parts of an absent span by the states that the dump states, once `settleStates` has them in whole pages of the region. */
function* statedSpans(hole: PageSpan, unmapped: UnmappedRuns, page: bigint): Generator<PageSpan, void, undefined> {
  const { address, pages } = hole;
  const part = (first: bigint, end: bigint, state: AbsentState): PageSpan => ({
    ...{ ...hole, address: address + first * page, pages: end - first, state },
  });
  let at = 0n;
  for (const run of unmapped.within(address, address + pages * page)) {
    const [first, end] = [(run.start - address) / page, (run.end - address) / page];
    if (first > at) yield part(at, first, "failed");
    yield part(first, end, "unmapped");
    at = end;
  }
  if (at < pages) yield part(at, pages, "failed");
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Pages that hold `bytes` bytes. */
function pagesIn(bytes: bigint, page: bigint): bigint {
  return (bytes + page - 1n) / page;
}

/** Absent pages of 2^log2 bytes, in the largest pages that their alignment allows. */
function* largePages(span: PageSpan, log2: number): Generator<{ span: PageSpan; pageSizeLog2: number }, void, undefined> {
  const { address, pages } = span;
  const larger = Math.min(LARGEST_LOG2, log2 + LARGER_BY);
  const [size, unit] = [1n << BigInt(log2), 1n << BigInt(larger)];
  const head = ((unit - (address % unit)) % unit) / size;
  const middle = ((pages - head) * size) / unit;
  if (larger === log2 || middle <= 0n || address % size !== 0n) {
    yield { span, pageSizeLog2: log2 };
    return;
  }
  const from = address + head * size;
  const end = from + middle * unit;
  const tail = pages - head - (middle * unit) / size;
  if (head > 0n) yield { span: { ...span, pages: head }, pageSizeLog2: log2 };
  yield* largePages({ ...span, address: from, pages: middle }, larger);
  if (tail > 0n) yield { span: { ...span, address: end, pages: tail }, pageSizeLog2: log2 };
}
