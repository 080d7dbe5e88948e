/** A captured address range. */

import type { Deviation } from "../deviations/deviation.js";
import type { BlockInfo } from "../format/block-header.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-map.js";
import { type RegionHead, regionHeadJson } from "../format/payloads/memory-region.js";
import type { PageDataCompression } from "../format/payloads/page-data.js";
import { LISTED, Shown } from "../json/shown.js";
import type { SourcePlace } from "../source/source.js";
import type { Stretch } from "./overlap-sweep.js";

/** The page data of a region: the bytes that its captured pages need, and the bytes that the capture holds. */
export interface PageDataExtent {
  /** Bytes that the captured pages need. */
  readonly needed: number;
  /**
   * The bytes of captured pages that the capture holds. They are fewer than `needed` if the block is cut off, the page data is too short, or it does not
   * decompress. If the page data is too short, zeros at its end that may be padding do not count.
   */
  readonly held: number;
  /** Captured pages that lack some or all of their bytes. */
  readonly missingPages: number;
  /** The compression of the page data inside the payload, which only MSL 0.1 has; null for plain data. */
  readonly compression: PageDataCompression | null;
}

/** The page states of a region, and which of its captured bytes the capture holds. */
export interface Coverage {
  readonly pages: PageMap;
  /** The region's addresses in `[from, to)`, cut where the page state changes and where a fragment ends: ascending, without gaps. */
  stretches(from: bigint, to: bigint): Iterable<RegionStretch>;
}

/** Consecutive addresses of one region in one state, all in one block. `dataBase` and `heldEnd` have a meaning only in the state `captured`. */
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
   * The bytes `[offset, offset + length)` of the page data; fewer only if the capture holds fewer. With `into`, the bytes are written to the start of
   * `into`, and a view of `into` is returned; otherwise the result may be a view of the source.
   */
  readHeld(offset: number, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
  /** Where the bytes `[offset, offset + length)` of the page data are stored as they are; undefined if they are not, or the capture holds fewer. */
  placeOf(offset: number, length: number, signal?: AbortSignal): Promise<SourcePlace | undefined>;
}

/** A range of the address space with the states and the data of its pages, from one block or from several. */
export interface Region {
  /** The block that holds the region; of a region in several blocks, the block of the first fragment. */
  readonly block: BlockInfo;
  /** Whether the blocks of the region were found by searching behind damage: they may be other data that looks like a region. */
  readonly salvaged: boolean;
  /** All blocks that hold the region, in the order of addresses. */
  readonly blocks: readonly BlockInfo[];
  /** The head of the whole region: sizes and page counts are those of all fragments together. */
  readonly head: RegionHead;
  readonly baseAddr: bigint;
  /** Bytes of address space covered. */
  readonly regionSize: bigint;
  /** The first address after the region; 2^64 at most. */
  readonly endAddr: bigint;
  /**
   * The page states of the page-state map. Maps of the regions used last are kept in memory, others are read again. The capture may lack the bytes of a
   * page that is captured by its state: `pageDataExtent` counts such pages, `check` says why, and reads by address mark their bytes as missing.
   */
  pages(signal?: AbortSignal): Promise<PageMap>;
  /** The bytes of page data that the captured pages need, and the bytes that the capture holds. */
  pageDataExtent(signal?: AbortSignal): Promise<PageDataExtent>;
  /** The page states, and the addresses whose bytes the capture holds. */
  coverage(signal?: AbortSignal): Promise<Coverage>;
  /** Compares the page-state map with the page data. The problem says why captured pages lack bytes. */
  check(signal?: AbortSignal): Promise<{ problem: Problem | undefined; deviations: readonly Deviation[] }>;
  /**
   * The bytes `[offset, offset + length)` of the region's addresses, all inside captured pages; fewer only if the capture holds fewer. With `into`, the
   * bytes are written to the start of `into`, and a view of `into` is returned; otherwise the result may be a view of the source. Throws `usage` if a
   * page of the range was not captured.
   */
  readCaptured(offset: bigint, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
}

/** Members that all regions derive from their head and block. */
export abstract class RegionExtent extends Shown {
  abstract readonly block: BlockInfo;
  abstract readonly head: RegionHead;
  abstract readonly blocks: readonly BlockInfo[];

  /** That of the first block stands for all blocks: only fragments with the same salvage evidence are joined. */
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
