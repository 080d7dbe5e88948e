/** A captured address range. */

import type { Deviation } from "../deviations/deviation.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-states.js";
import type { PageDataCompression } from "../format/payloads/decode-payload.js";
import { type RegionHead, regionHeadJson } from "../format/payloads/memory-region.js";
import { LISTED, Shown } from "../json/shown.js";
import type { Stretch } from "./overlap-sweep.js";

/** The page data of a region: how much its map asks for, and how much the capture holds. */
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
  /** The region's addresses in `[from, to)`, cut where the page state changes and where a fragment ends: ascending, without gaps. */
  stretches(from: bigint, to: bigint): Iterable<RegionStretch>;
}

/** Addresses of one region in one state, all in one block. `dataBase` and `heldEnd` have a meaning for captured ones only. */
export interface RegionStretch extends Stretch<Region> {
  readonly fragment: FragmentData;
  /** The address of the stretch less the offset of its first byte in the block's page data: address - `dataBase` is the offset of any byte of it. */
  readonly dataBase: bigint;
  /** From this address on, the capture does not hold the bytes of the stretch. */
  readonly heldEnd: bigint;
}

/** The page data of a region that one block holds. */
export interface FragmentData {
  /**
   * The bytes `[offset, offset + length)` of the page data; fewer only where the capture holds fewer. A view of the source where it can give one, or of
   * `into`, which then gets the bytes at its begin.
   */
  readHeld(offset: number, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
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

/** Members that all regions derive from their head and block. */
export abstract class RegionExtent extends Shown {
  abstract readonly block: BlockInfo;
  abstract readonly head: RegionHead;
  abstract readonly blocks: readonly BlockInfo[];

  /** Fragments are joined only where the same speaks for them. */
  get salvaged(): boolean {
    return this.block.salvaged;
  }

  get baseAddr(): bigint {
    return this.head.baseAddr;
  }

  get regionSize(): bigint {
    return this.head.regionSize;
  }

  get endAddr(): bigint {
    return this.baseAddr + this.regionSize;
  }

  /** The head, and the indexes of the first blocks that hold the region. */
  override toJSON() {
    const { blocks } = this;
    return {
      blocks: blocks.slice(0, LISTED).map(({ index }) => index),
      ...(blocks.length > LISTED ? { blockCount: blocks.length } : {}),
      ...regionHeadJson(this.head),
      ...(this.salvaged ? { salvaged: true } : {}),
    };
  }
}
