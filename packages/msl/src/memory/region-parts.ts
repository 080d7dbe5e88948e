/** The parts that a region is made of, and where it gets them. A capture may have very many regions, so that little is kept for each. */
import type { Decoding } from "../codec/decoding.js";
import type { Deviation } from "../deviations/deviation.js";
import type { BlockInfo } from "../format/block-header.js";
import type { Problem } from "../format/layout/decode.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import type { Source } from "../source/source.js";

export interface RegionParts {
  readonly block: BlockInfo;
  readonly head: RegionHead;
  /** The block's uncompressed payload. */
  readonly payload: Source;
  /** Why the payload is not whole: the data ends inside the block. */
  readonly cut: Problem | undefined;
  /** Whether the writer may have filled the payload with zeros up to a multiple of 8 bytes. */
  readonly mayPad: boolean;
  /** Deviations of the block and of the region's head. */
  readonly deviations: readonly Deviation[];
  /** Turns a deviation whose offset counts from the start of the payload into one with its place in the file. */
  readonly locate: (deviation: Omit<Deviation, "block">) => Deviation;
  readonly decoding: Decoding;
  /** For a compressed region that was found by the start of its payload. */
  readonly begun?: PayloadAgain;
}

/** A compressed payload whose start is kept: everything else is read again. */
export interface PayloadAgain {
  /** Whether no limit forbids to decompress the payload: all of it was decompressed when the region was found. */
  readonly isWithinLimits: boolean;
  /** Whether `bytes`, the payload up to the page data, are those by which the region was found. */
  isStart(bytes: Uint8Array): boolean;
  /** The payload up to the page data. Throws `changed` if it is not the one by which the region was found. */
  start(signal?: AbortSignal): Promise<Uint8Array>;
  /** The whole payload, decompressed to its end and found sound; otherwise the stored bytes with the problem. */
  readonly whole: (signal?: AbortSignal) => Promise<WholePayload>;
  /** Like `whole`; the cache of the capture does not keep the payload. */
  readonly once: (signal?: AbortSignal) => Promise<WholePayload>;
  /** All deviations of the region, in their order. `ofCompression`: those of its compressed data, which `whole` finds. */
  deviationsWith(ofCompression: readonly Deviation[]): readonly Deviation[];
}

export interface WholePayload {
  readonly payload: Source;
  readonly problem?: Problem;
  readonly deviations: readonly Deviation[];
}

/** Gives regions their parts, by the number of a row. */
export interface RegionOrigin {
  /** The parts of a row. Each call may return a new object with the same content. */
  partsOf(row: number): RegionParts;
  /** The block of a row, without its other parts. */
  blockOf(row: number): BlockInfo;
  /** The parts of a row, for a reader who asks for them once: they displace no parts that are kept because they are often asked for. */
  partsOnce(row: number): RegionParts;
  baseAddr(row: number): bigint;
  regionSize(row: number): bigint;
  outlineOf(row: number): RegionOutline;
  /** Bounds the memory for results that regions keep. Without it each region keeps its results as long as it lives. */
  readonly kept?: KeptMaps;
}

/** The properties of a region that listing regions and reading memory need. */
export interface RegionOutline extends Pick<RegionHead, "layout" | "pageSize" | "numPages" | "regionSize"> {
  /** The number of bytes of page data, by the stated size of the payload. The captured pages may need more bytes. */
  readonly stated: number;
  /** The payload between its fixed part and the page data, if the origin keeps it. */
  readonly map?: Uint8Array | undefined;
}

/** The origin of one region, with its parts. */
export class SingleOrigin implements RegionOrigin {
  readonly #parts: RegionParts;

  constructor(parts: RegionParts) {
    this.#parts = parts;
  }

  partsOf(): RegionParts {
    return this.#parts;
  }

  blockOf(): BlockInfo {
    return this.#parts.block;
  }

  partsOnce(): RegionParts {
    return this.#parts;
  }

  baseAddr(): bigint {
    return this.#parts.head.baseAddr;
  }

  regionSize(): bigint {
    return this.#parts.head.regionSize;
  }

  outlineOf(): RegionOutline {
    const { head, payload } = this.#parts;
    const { layout, pageSize, numPages, regionSize } = head;
    return { layout, pageSize, numPages, regionSize, stated: Math.max(0, payload.size - head.dataOffset) };
  }
}

/*
 * Results that regions keep in memory. Large page-state maps are kept up to a limit on their total size, small maps up to a limit on their number: a
 * small map is quickly read again, and for a hundred thousand small maps the objects around them would take much more memory than the maps.
 */

/** An object that holds results in memory, and can read them again after it forgot them. */
export interface Forgetful {
  forget(): void;
}

/** Size in bytes from which on a map is large. */
const LARGE = 4096;
const SMALL_MAPS_KEPT = 64;

export class KeptMaps {
  readonly #small = new LastUsed(SMALL_MAPS_KEPT);
  readonly #large: LastUsed;
  #newest: Forgetful | undefined;

  /** `largeBytes`: the limit on the total size of large maps. The large map used last is kept whatever its size. */
  constructor(largeBytes: number) {
    this.#large = new LastUsed(largeBytes);
  }

  /** Notes the use of a region whose map has `mapLength` bytes. Above the limit, the regions used longest ago forget their results. */
  use(region: Forgetful, mapLength: number): void {
    // The newest entry stays where it is: moving an entry to the end of a Map leaves a hole, and with many holes the Map copies itself.
    if (region === this.#newest) return;
    this.#newest = region;
    if (mapLength < LARGE) this.#small.use(region, 1);
    else this.#large.use(region, mapLength);
  }
}

/** A least-recently-used list with a limit on the sum of weights. */
class LastUsed {
  readonly #limit: number;
  /** Insertion order is the order of use. */
  readonly #weights = new Map<Forgetful, number>();
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  use(item: Forgetful, weight: number): void {
    const isKnown = this.#weights.delete(item);
    this.#weights.set(item, weight);
    if (!isKnown) this.#total += weight;
    for (const [oldest, released] of this.#weights) {
      if (this.#total <= this.#limit || oldest === item) break;
      this.#weights.delete(oldest);
      this.#total -= released;
      oldest.forget();
    }
  }
}
