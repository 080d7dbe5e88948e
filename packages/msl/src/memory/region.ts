/** A captured address range. */

import type { Deviation } from "../deviations/deviation.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-states.js";
import type { PageDataCompression } from "../format/payloads/decode-payload.js";
import type { RegionHead } from "../format/payloads/memory-region.js";

/** The page data of a region: what its map asks for, and what is there. */
export interface PageDataExtent {
  /** Bytes that the captured pages need. */
  readonly needed: number;
  /**
   * Bytes of them that the capture holds: fewer where the block is cut off, where the data is short, or where it does not decompress. Zeros at the end
   * of short data that may be padding do not count.
   */
  readonly held: number;
  /** Captured pages that lack some or all of their bytes. */
  readonly missingPages: number;
  /** How MSL 0.1 stored the data; null for plain data. */
  readonly compression: PageDataCompression | null;
}

/** The page states of a region, and which of its captured bytes the capture holds. */
export interface Coverage {
  readonly pages: PageMap;
  /**
   * How many of the bytes `[offset, end)` of the region's addresses, which lie in captured pages, the capture holds, counted from the first. Behind
   * them bytes are missing up to `fragmentEnd`.
   */
  heldFrom(offset: bigint, end: bigint): bigint;
}

export interface Region {
  /** The block that holds it; the first fragment's of a region in several blocks. */
  readonly block: BlockInfo;
  /** Whether its blocks were found by searching behind damage: its bytes may be something that looked like a region. */
  readonly salvaged: boolean;
  /** All blocks that hold it, by address. */
  readonly blocks: readonly BlockInfo[];
  /** Of the whole region: sizes and page counts are those of all fragments together. */
  readonly head: RegionHead;
  readonly baseAddr: bigint;
  /** Bytes of address space covered. */
  readonly regionSize: bigint;
  /** The first address after the region; 2^64 at most. */
  readonly endAddr: bigint;
  /** Where the fragment that covers the address ends: bytes that one block lacks are missing up to there. */
  fragmentEnd(address: bigint): bigint;
  /**
   * The page states as the map has them; the maps of the regions used last are kept, others are read again. A page that the map calls captured may lack its bytes: `pageDataExtent` tells how many do, `check` why,
   * and reads by address mark them as missing.
   */
  pages(signal?: AbortSignal): Promise<PageMap>;
  /** What the captured pages need of page data, and what the capture holds of it. */
  pageDataExtent(signal?: AbortSignal): Promise<PageDataExtent>;
  /** Which addresses the capture has bytes for. */
  coverage(signal?: AbortSignal): Promise<Coverage>;
  /** Compares maps and page data; a problem says why captured pages lack bytes. */
  check(signal?: AbortSignal): Promise<{ problem: Problem | undefined; deviations: readonly Deviation[] }>;
  /**
   * The bytes `[offset, offset + length)` of the region's addresses, all inside captured pages. Fewer come back only where the
   * capture holds fewer. A view of the source where it can give one, or of `into`, which then gets the bytes at its begin. Throws `usage`
   * if a page of the range was not captured.
   */
  readCaptured(offset: bigint, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
}
