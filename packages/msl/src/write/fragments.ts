/** Cuts regions whose payload passes what one block holds into fragments (specification, continuation): complete regions of sub-ranges. */
import { MslError } from "../errors.js";
import { REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";
import type { RegionShape } from "./region-input.js";

/** Pages `[first, first + count)` of a region, with the bytes of `captured` of them. */
export interface Fragment {
  readonly first: number;
  readonly count: number;
  readonly captured: number;
  /** Of the uncompressed payload. */
  readonly payloadLength: number;
}

/** The fragments of a region, one if it fits a block. Throws `limit` for a page that fits none. */
export function fragmentsOf({ pages, pageSize }: RegionShape, payloadMost: number): readonly Fragment[] {
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

/** The index of the fragment that holds the page; -1 or the number of fragments for a page that none holds. */
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

/** Bytes of the map of `count` pages, padding included. */
export function mapLength(count: number): number {
  return Math.ceil(count / 32) * 8;
}

function payloadLength(count: number, captured: number, pageSize: number): number {
  return REGION_HEAD_SIZE + mapLength(count) + captured * pageSize;
}

/** The largest number up to `most` that fits, where all below a fitting one fit; 0 if none does. */
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
