/** What regions are made of. A capture may have very many of them, so that the origin of all of them keeps little for each. */
import type { Decoding } from "../codec/decoding.js";
import type { Deviation } from "../deviations/deviation.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import type { Source } from "../source/source.js";
import type { KeptMaps } from "./kept-maps.js";

export interface RegionParts {
  readonly block: BlockInfo;
  readonly head: RegionHead;
  /** The block's uncompressed payload. */
  readonly payload: Source;
  /** Why the payload is not whole: the data ends inside the block. */
  readonly cut: Problem | undefined;
  /** Whether the writer may have filled the payload with zeros up to a multiple of 8 bytes. */
  readonly mayPad: boolean;
  /** Of the block and the region's head. */
  readonly deviations: readonly Deviation[];
  /** Gives a deviation, whose offset counts from the start of the payload, its place. */
  readonly locate: (deviation: Omit<Deviation, "block">) => Deviation;
  readonly decoding: Decoding;
  /** Of a compressed region that is known by the start of its payload. */
  readonly begun?: PayloadAgain;
}

/** A compressed payload of which no more than the start was looked at, or is kept. */
export interface PayloadAgain {
  /** Whether these bytes, the payload up to the page data, are the ones that the region was found by. */
  isStart(bytes: Uint8Array): boolean;
  /** The payload up to the page data. Throws `changed` where it is not what it was. */
  start(signal?: AbortSignal): Promise<Uint8Array>;
  /** All of it, decompressed to the end and found sound, or the stored bytes and why it is not. */
  whole(signal?: AbortSignal): Promise<WholePayload>;
  /** The deviations of the region with those of its compressed data, which are known once that was decompressed. */
  deviationsWith(ofCompression: readonly Deviation[]): readonly Deviation[];
}

interface WholePayload {
  readonly payload: Source;
  readonly problem?: Problem;
  readonly deviations: readonly Deviation[];
}

/** Where regions have their parts from, each by the number of its row. */
export interface RegionOrigin {
  /** The same ones each time, or ones that say the same. */
  partsOf(row: number): RegionParts;
  baseAddr(row: number): bigint;
  regionSize(row: number): bigint;
  outlineOf(row: number): RegionOutline;
  /** Bounds what all regions of the origin keep of what they read; without it each region keeps what it has read. */
  readonly kept?: KeptMaps;
}

/** What is asked of every region when memory is listed or read. */
export interface RegionOutline extends Pick<RegionHead, "layout" | "pageSize" | "numPages" | "regionSize"> {
  /** Bytes of page data that the payload has by its size. */
  readonly stated: number;
  /** The payload between the fixed part and the page data, where the origin keeps it. */
  readonly map?: Uint8Array | undefined;
}

/** The parts of one region. */
export class SingleOrigin implements RegionOrigin {
  readonly #parts: RegionParts;

  constructor(parts: RegionParts) {
    this.#parts = parts;
  }

  partsOf(): RegionParts {
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
