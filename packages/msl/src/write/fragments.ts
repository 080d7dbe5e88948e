/**
 * The fragments of a region, and the payload of each. A region that does not fit a block is split into fragments, each a complete Memory Region of
 * a part of the addresses (specification: Continuation flag). A region that fits is its own single fragment.
 */
import { MslError } from "../errors.js";
import { encodeLayout } from "../format/layout/encode.js";
import { PAGE_STATE_CODES, type PageRun } from "../format/page-map.js";
import { MEMORY_REGION, REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";
import type { ChunkQueue } from "../source/chunk-queue.js";
import type { RegionShape } from "./region-input.js";

/** The pages `[first, first + count)` of a region. */
export interface Fragment {
  readonly first: number;
  readonly count: number;
  /** Number of captured pages among them. */
  readonly captured: number;
  /** Bytes of the uncompressed payload. */
  readonly payloadLength: number;
}

/** Splits a region so that no payload is longer than `payloadMost` bytes. Throws `limit` if not even one captured page fits. */
export function fragmentsOf({ pages, pageSize }: RegionShape, payloadMost: number): readonly Fragment[] {
  const all = pages.tally().captured;
  const whole = payloadLength(pages.numPages, all, pageSize);
  if (whole <= payloadMost) return [{ first: 0, count: pages.numPages, captured: all, payloadLength: whole }];
  const fragments: Fragment[] = [];
  let first = 0;
  let count = 0;
  let captured = 0;
  const close = () => {
    fragments.push({ first, count, captured, payloadLength: payloadLength(count, captured, pageSize) });
    first += count;
    count = 0;
    captured = 0;
  };
  for (const run of pages.runs()) {
    const bytes = run.state === "captured" ? 1 : 0;
    for (let left = run.count; left > 0; ) {
      const fitting = mostThat(left, (more) => payloadLength(count + more, captured + more * bytes, pageSize) <= payloadMost);
      if (fitting === 0 && count === 0) {
        throw new MslError("limit", `A captured page of ${pageSize} bytes does not fit a block of ${payloadMost} payload bytes`);
      }
      count += fitting;
      captured += fitting * bytes;
      left -= fitting;
      if (left > 0) close();
    }
  }
  if (count > 0 || fragments.length === 0) close();
  return fragments;
}

/** The index of the fragment that holds the page; -1 for a page before all fragments, their number for a page behind them. */
export function fragmentOf(page: number, fragments: readonly Fragment[]): number {
  if (page < 0) return -1;
  let low = 0;
  let high = fragments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const fragment = fragments[middle];
    if (fragment && fragment.first + fragment.count <= page) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bytes of the page-state map of `count` pages, its padding included. */
function mapLength(count: number): number {
  return Math.ceil(count / 32) * 8;
}

function payloadLength(count: number, captured: number, pageSize: number): number {
  return REGION_HEAD_SIZE + mapLength(count) + captured * pageSize;
}

/** Binary search for the largest number up to `most` that fits; 0 if none does. Every number below a fitting one must fit too. */
function mostThat(most: number, fits: (number: number) => boolean): number {
  if (fits(most)) return most;
  let low = 0;
  let high = most;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Bytes of the page-state map that are made at a time. */
const MAP_PIECE = 64 * 1024;
const PAGES_PER_BYTE = 4;

/**
 * The payload of a fragment: head, page-state map, page data. Yields exactly `fragment.payloadLength` bytes. Throws `bad-value` if `data` ends
 * early and, with `last`, if it goes on.
 */
export async function* regionPayload(
  shape: RegionShape,
  fragment: Fragment,
  data: ChunkQueue,
  last: boolean,
): AsyncGenerator<Uint8Array> {
  yield regionHead(shape, fragment);
  yield* pageStateMap(shape.pages.runs(fragment.first, fragment.first + fragment.count), fragment);
  for (let left = fragment.captured * shape.pageSize; left > 0; ) {
    const piece = await data.take(left);
    if (piece.length === 0) throw tooShort(shape, data.offset);
    left -= piece.length;
    yield piece;
  }
  if (last && (await data.take(Number.POSITIVE_INFINITY)).length > 0) throw tooLong(shape);
}

/** The payload of a region that is one fragment, with all of its page data. Throws `bad-value` for more or less data than the captured pages need. */
export function wholePayload(shape: RegionShape, fragment: Fragment, data: Uint8Array): Uint8Array {
  const needed = fragment.captured * shape.pageSize;
  if (data.length < needed) throw tooShort(shape, data.length);
  if (data.length > needed) throw tooLong(shape);
  const payload = new Uint8Array(fragment.payloadLength);
  const head = regionHead(shape, fragment);
  payload.set(head);
  const { first, count } = fragment;
  const dataAt = head.length + mapLength(count);
  const map = payload.subarray(head.length, dataAt);
  for (const { start, count: pages, state } of shape.pages.runs(first, first + count))
    setStates(map, start - first, start - first + pages, PAGE_STATE_CODES[state]);
  payload.set(data, dataAt);
  return payload;
}

/** The address of a page. */
export function addressOfPage({ baseAddr, pageSizeLog2 }: RegionShape, page: number): bigint {
  return baseAddr + (BigInt(page) << BigInt(pageSizeLog2));
}

function regionHead(shape: RegionShape, { first, count }: Fragment): Uint8Array {
  if (count === shape.pages.numPages) return shape.head;
  const { protection, regionType, pageSizeLog2, timestampNs } = shape;
  const baseAddr = addressOfPage(shape, first);
  const regionSize = BigInt(count) << BigInt(pageSizeLog2);
  return encodeLayout(MEMORY_REGION, { baseAddr, regionSize, protection, regionType, pageSizeLog2, timestampNs });
}

/** The page-state map: 2 bits per page, most significant first, padded with zeros to a multiple of 8 bytes. */
function* pageStateMap(runs: Iterable<PageRun>, { first, count }: Fragment): Generator<Uint8Array> {
  const length = mapLength(count);
  let pieceStart = 0;
  let piece = new Uint8Array(Math.min(MAP_PIECE, length));
  for (const run of runs) {
    const code = PAGE_STATE_CODES[run.state];
    const end = run.start + run.count - first;
    for (let page = run.start - first; page < end; ) {
      while (page >= (pieceStart + piece.length) * PAGES_PER_BYTE) {
        yield piece;
        pieceStart += piece.length;
        piece = new Uint8Array(Math.min(MAP_PIECE, length - pieceStart));
      }
      const pieceEnd = Math.min(end, (pieceStart + piece.length) * PAGES_PER_BYTE);
      setStates(piece, page - pieceStart * PAGES_PER_BYTE, pieceEnd - pieceStart * PAGES_PER_BYTE, code);
      page = pieceEnd;
    }
  }
  while (pieceStart < length) {
    yield piece;
    pieceStart += piece.length;
    piece = new Uint8Array(Math.min(MAP_PIECE, length - pieceStart));
  }
}

/** Sets the states of the pages `[from, to)` of a piece that is zero there. */
function setStates(piece: Uint8Array, from: number, to: number, code: number): void {
  if (code === 0) return;
  let page = from;
  for (; page < to && page % PAGES_PER_BYTE !== 0; page++) setState(piece, page, code);
  const whole = Math.floor(to / PAGES_PER_BYTE);
  // The same code in all four places of a byte.
  if (whole > page / PAGES_PER_BYTE) piece.fill(code * 0b01010101, page / PAGES_PER_BYTE, whole);
  for (page = Math.max(page, whole * PAGES_PER_BYTE); page < to; page++) setState(piece, page, code);
}

function setState(piece: Uint8Array, page: number, code: number): void {
  const at = Math.floor(page / PAGES_PER_BYTE);
  piece[at] = (piece[at] ?? 0) | (code << (6 - 2 * (page % PAGES_PER_BYTE)));
}

function tooShort({ pages, pageSize }: RegionShape, held: number): MslError {
  const { captured } = pages.tally();
  return new MslError(
    "bad-value",
    `MemoryRegion.pageData ends after ${held} bytes, but ${captured} captured pages of ${pageSize} bytes need ${captured * pageSize}`,
  );
}

function tooLong({ pages, pageSize }: RegionShape): MslError {
  const needed = pages.tally().captured * pageSize;
  return new MslError("bad-value", `MemoryRegion.pageData goes on behind the ${needed} bytes that the captured pages need`);
}
