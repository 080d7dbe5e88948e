/** A captured address range. */

import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-states.js";
import type { PageDataCompression } from "../format/payloads/decode-payload.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import type { Deviation } from "../lint/deviation.js";

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
  /** The page states; maps are read once. */
  pages(signal?: AbortSignal): Promise<PageMap>;
  /**
   * Bytes that the captured pages need, those of them that the capture holds (fewer where the data is short), and how MSL 0.1 stored them.
   */
  pageData(signal?: AbortSignal): Promise<{ needed: number; held: number; compression: PageDataCompression | null }>;
  /** Compares maps and page data; a problem says that captured pages lack bytes. */
  check(signal?: AbortSignal): Promise<{ problem: Problem | undefined; deviations: readonly Deviation[] }>;
  /**
   * The bytes `[offset, offset + length)` of the region's addresses, all inside captured pages. Fewer come back only where the
   * capture holds fewer. A view of the source where it can give one, or of `into`, which then gets the bytes at its begin. Throws `usage`
   * if a page of the range was not captured.
   */
  readCaptured(offset: bigint, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
}
