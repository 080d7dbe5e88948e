/** The payload of a region or fragment, piece by piece: head, page-state map, page data. */
import { MslError } from "../errors.js";
import { encodeLayout } from "../format/layout/encode.js";
import type { PageRun, PageState } from "../format/page-states.js";
import { MEMORY_REGION } from "../format/payloads/memory-region.js";
import { type Fragment, mapLength } from "./fragments.js";
import type { PageData } from "./page-data-feed.js";
import type { RegionShape } from "./region-input.js";

const STATE_CODES: Readonly<Record<PageState, number>> = { captured: 0, failed: 1, unmapped: 2, reserved: 3 };
/** Bytes of the map made at a time. */
const MAP_PIECE = 64 * 1024;
const PAGES_PER_BYTE = 4;

/** Yields exactly `fragment.payloadLength` bytes. `last`: nothing may follow in `data`. Throws `bad-value` where data is short or left. */
export async function* regionPayload(
  shape: RegionShape,
  fragment: Fragment,
  data: PageData,
  last: boolean,
): AsyncGenerator<Uint8Array> {
  yield regionHead(shape, fragment);
  yield* pageStateMap(shape.pages.runs(fragment.first, fragment.first + fragment.count), fragment);
  for (let left = fragment.captured * shape.pageSize; left > 0; ) {
    const piece = await data.take(left);
    if (piece.length === 0) throw shortData(shape, data.taken);
    left -= piece.length;
    yield piece;
  }
  if (last) await data.requireEnd();
}

export function fragmentBase({ baseAddr, pageSizeLog2 }: RegionShape, page: number): bigint {
  return baseAddr + (BigInt(page) << BigInt(pageSizeLog2));
}

function regionHead(shape: RegionShape, { first, count }: Fragment): Uint8Array {
  const { protection, regionType, pageSizeLog2, timestampNs } = shape;
  const baseAddr = fragmentBase(shape, first);
  const regionSize = BigInt(count) << BigInt(pageSizeLog2);
  return encodeLayout(MEMORY_REGION, { baseAddr, regionSize, protection, regionType, pageSizeLog2, timestampNs });
}

/** 2 bits per page, most significant first, padded with zeros to 8 bytes. */
function* pageStateMap(runs: Iterable<PageRun>, { first, count }: Fragment): Generator<Uint8Array> {
  const length = mapLength(count);
  let pieceStart = 0;
  let piece = new Uint8Array(Math.min(MAP_PIECE, length));
  for (const run of runs) {
    const code = STATE_CODES[run.state];
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

/** Pages `[from, to)` of the piece, which is zero there. */
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

function shortData({ pages, pageSize }: RegionShape, held: number): MslError {
  const { captured } = pages.tally();
  return new MslError(
    "bad-value",
    `MemoryRegion.pageData ends after ${held} bytes, but ${captured} captured pages of ${pageSize} bytes need ${captured * pageSize}`,
  );
}
