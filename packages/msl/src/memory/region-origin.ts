/** What regions are made of. A capture may have very many of them, so that an origin of all of them keeps little for each. */
import type { Decoding } from "../codec/decoding.js";
import type { Deviation } from "../deviations/deviation.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import type { Source } from "../source/source.js";
import type { KeptMaps } from "./kept-maps.js";

/** What a region was decoded with, and what was odd about its block and head. */
export interface Circumstances {
  /** Why the payload is not whole: the data ends inside the block. */
  readonly cut: Problem | undefined;
  /** Whether the writer may have filled the payload with zeros up to a multiple of 8 bytes. */
  readonly mayPad: boolean;
  readonly deviations: readonly Deviation[];
  /** Gives a deviation, whose offset counts from the start of the payload, its place. */
  readonly locate: (deviation: Omit<Deviation, "block">) => Deviation;
  readonly decoding: Decoding;
  /** Of a compressed region that was found by the first bytes of its payload. */
  readonly start?: PayloadStart;
  /** Its whole payload, decompressed to the end and found sound, or the stored bytes and why it is not. */
  readonly whole?: (signal?: AbortSignal) => Promise<WholePayload>;
  /** `deviations` with those of the compressed data, which are known when it was decompressed. */
  readonly deviationsWith?: (ofCompression: readonly Deviation[]) => readonly Deviation[];
}

/** The bytes of a compressed payload up to its page data, which are read again when they are asked for. */
export interface PayloadStart {
  /** Whether these bytes are the ones that the region was found by. */
  isThis(bytes: Uint8Array): boolean;
  /** Throws `changed` where they are others than before. */
  read(signal?: AbortSignal): Promise<Uint8Array>;
}

export interface WholePayload {
  readonly payload: Source;
  readonly problem?: Problem;
  readonly deviations: readonly Deviation[];
}

export interface RegionParts {
  readonly block: BlockInfo;
  readonly head: RegionHead;
  /** The block's uncompressed payload. */
  readonly payload: Source;
  readonly circumstances: Circumstances;
}

/** What a row has of a region: its block makes the region of it again. */
export interface RegionRow {
  /** The first bytes of the payload, REGION_HEAD_SIZE of them. */
  readonly fixed: Uint8Array;
  /** Of a compressed payload that was not decompressed to its end. */
  readonly begun?: BegunPayload;
}

export interface BegunPayload {
  /** Bytes of the whole payload, above 0. */
  readonly size: number;
  /** Of the bytes up to the page data, as `sealOf` makes it. */
  readonly seal: Uint8Array;
}

/** Where regions have their parts from, each by the number of its row. */
export interface RegionOrigin {
  /** The same ones each time, or ones that say the same. */
  partsOf(row: number): RegionParts;
  baseAddr(row: number): bigint;
  regionSize(row: number): bigint;
  /** Bounds what all regions of the origin keep of what they read; without it each region keeps what it has read. */
  readonly kept?: KeptMaps;
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
}
