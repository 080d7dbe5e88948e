/** The page data of a region, and the digests that a reader has to find. */
import type { PageStretch } from "@memslice/msl";
import { MemoryStream } from "../captures/memory-like.js";
import { Random } from "../captures/random.js";
import { blake3Digesting } from "./hashes.js";
import type { RegionRecipe } from "./recipe.js";

type RegionPayload = RegionRecipe["payload"];

/** Size of the pieces; a multiple of 4096. */
const PIECE_BYTES = 256 * 1024;
export const STATE_CODES = { captured: 0, failed: 1, unmapped: 2, reserved: 3 } as const;
const HEAD_BYTES = 32;

/** Length and digest of an uncompressed payload and of its page data. */
export interface RegionDigests {
  readonly payloadLength: number;
  readonly payloadBlake3: string;
  readonly pageDataBlake3: string;
}

export function pagesIn(stretches: readonly PageStretch[], state?: PageStretch["state"]): number {
  return stretches.reduce((sum, run) => sum + (state === undefined || run.state === state ? run.count : 0), 0);
}

export function regionSize({ stretches, pageSizeLog2 }: RegionPayload): bigint {
  return BigInt(pagesIn(stretches)) << BigInt(pageSizeLog2);
}

export function capturedBytes({ stretches, pageSizeLog2 }: RegionPayload): number {
  return pagesIn(stretches, "captured") * 2 ** pageSizeLog2;
}

/** Yields the page data of a region in pieces; calls `done` with the digests after the last piece. */
export function* regionMemory(
  region: RegionPayload,
  memorySeed: number,
  done: (digests: RegionDigests) => void = () => {},
): Generator<Uint8Array> {
  const stream = new MemoryStream(new Random(memorySeed, region.stream));
  const payload = blake3Digesting();
  const pageData = blake3Digesting();
  const head = regionHead(region);
  payload.update(head);
  const length = capturedBytes(region);
  for (let left = length; left > 0; ) {
    const piece = stream.take(Math.min(left, PIECE_BYTES));
    payload.update(piece);
    pageData.update(piece);
    left -= piece.length;
    yield piece;
  }
  done({ payloadLength: head.length + length, payloadBlake3: payload.digest(), pageDataBlake3: pageData.digest() });
  payload.release();
  pageData.release();
}

/** The beginning of the payload: fixed part and page-state map (specification, Memory Region). */
function regionHead(region: RegionPayload): Uint8Array {
  const pages = pagesIn(region.stretches);
  const head = new Uint8Array(HEAD_BYTES + Math.ceil(pages / 32) * 8);
  const view = new DataView(head.buffer);
  view.setBigUint64(0x00, region.baseAddr, true);
  view.setBigUint64(0x08, regionSize(region), true);
  head.set([region.protection, region.regionType, region.pageSizeLog2], 0x10);
  view.setBigUint64(0x18, region.timestampNs, true);
  let page = 0;
  for (const { count, state } of region.stretches) {
    const code = STATE_CODES[state];
    const end = page + count;
    for (; code !== 0 && page < end; page++) {
      const at = HEAD_BYTES + (page >> 2);
      head[at] = (head[at] ?? 0) | (code << (6 - 2 * (page & 3)));
    }
    page = end;
  }
  return head;
}
