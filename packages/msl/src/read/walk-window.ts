/** How many bytes to read at the next block header, by the distances between the last headers; and which of the bytes behind a header are kept. */
import type { BlockRecords } from "@memslice/core-wasm";
import { ownBytes } from "../bytes.js";
import type { BlockInfo } from "../format/block-header.js";
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import { REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";

/** Bytes of a window in a file whose headers are far from each other. */
const FILE_SPARSE = 4096;
/**
 * While headers are close to each other, each window is twice as long as the one before, between these bounds. The arrays of all windows, which stay in
 * memory until they are collected, take less than 2 MiB; longer windows do not make the walk faster.
 */
const FILE_DENSE_LEAST = 256 * 1024;
const FILE_DENSE_MOST = 1024 * 1024;
/** The same for a metered source. A sparse window holds a block header and the head of a region, or most small payloads. */
const METERED_DENSE = 256 * 1024;
const METERED_SPARSE = 256;
/** The first dense window of a metered source; each further one is twice as long as the one before. */
const METERED_DENSE_START = 4096;
/** Distance between headers above which the bytes between them cost more than another read. */
const SPARSE_DISTANCE = 32 * 1024;
/** A dense window of a metered source is read only if it is expected to hold this many headers. */
const LEAST_HEADERS = 8;
/**
 * The budget of bytes for the walk over a metered source: `BYTES_PER_BLOCK` for each block found, and `BYTES_TO_SPARE` once. A cache with pages
 * of 256 bytes adds at most 256 bytes to each sparse window; then 2,000 blocks take less than 2 MiB, wherever they are in the file.
 */
const BYTES_PER_BLOCK = 600;
const BYTES_TO_SPARE = 256 * 1024;

export class WalkWindow {
  readonly #metered: boolean;
  #length: number;
  #dense = true;
  /** Mean bytes from header to header in the window before the last. */
  #distanceBefore = 0;
  #spare = BYTES_TO_SPARE;

  constructor(metered: boolean) {
    this.#metered = metered;
    this.#length = metered ? METERED_DENSE_START : FILE_SPARSE;
  }

  /** Bytes to read. */
  get length(): number {
    return this.#length;
  }

  /** Whether the window is for a single header in a file: the next header is expected far behind it. */
  get isForOneHeader(): boolean {
    return !this.#metered && this.#length === FILE_SPARSE;
  }

  /** To be called after each window. `blocks`: the number of headers in it. `bytes`: the distance from the start of the window to the next header. */
  found(blocks: number, bytes: number): void {
    const distance = bytes / blocks;
    if (!this.#metered) {
      const isSparse = distance > SPARSE_DISTANCE;
      this.#length = isSparse ? FILE_SPARSE : Math.min(Math.max(2 * this.#length, FILE_DENSE_LEAST), FILE_DENSE_MOST);
      return;
    }
    this.#spare += BYTES_PER_BLOCK * blocks - this.#length;
    const denseLength = this.#denseLength(Math.max(distance, this.#distanceBefore));
    this.#distanceBefore = distance;
    this.#dense = denseLength !== undefined;
    this.#length = denseLength ?? METERED_SPARSE;
  }

  /** `distance`: the longer one of the mean distances in the last two windows, since one short distance is not yet a run of small blocks. */
  #denseLength(distance: number): number | undefined {
    const worthwhile = LEAST_HEADERS * distance;
    const wanted = Math.max(this.#dense ? 2 * this.#length : METERED_DENSE_START, worthwhile);
    const length = Math.floor(Math.min(wanted, METERED_DENSE, this.#spare));
    return distance <= SPARSE_DISTANCE && length >= worthwhile ? length : undefined;
  }
}

/** Bytes of a payload that are read to list a region: the head and, uncompressed, the map of up to 8 MiB in pages of 4 KiB. */
export const SURVEYED_BYTES = REGION_HEAD_SIZE + 512;
/** The most starts that are kept: 5 MiB. */
const STARTS_MOST = 8192;

/**
 * The first bytes of the payloads of Memory Regions in a file, where the walk read them together with a header that is far from the next one. To list
 * the regions then takes no second read for each of them.
 */
export class WalkedStarts {
  readonly #starts = new Map<number, Uint8Array>();

  /** Keeps copies of the starts in `window`, which lies at the file offset `offset`, of the blocks from index `from` on. */
  keep(window: Uint8Array, offset: number, records: BlockRecords, from: number): void {
    const { MemoryRegion } = BlockType;
    for (let at = records.indexOfType(MemoryRegion, from); at >= 0; at = records.indexOfType(MemoryRegion, at + 1)) {
      if (this.#starts.size === STARTS_MOST) return;
      const payload = records.offset(at) + BLOCK_HEADER_SIZE - offset;
      const length = Math.min(SURVEYED_BYTES, records.length(at) - BLOCK_HEADER_SIZE);
      if (payload + length <= window.length) this.#starts.set(at, ownBytes(window.subarray(payload, payload + length)));
    }
  }

  /** `SURVEYED_BYTES` of the stored payload of a block, or all bytes of a shorter one; undefined if they are not kept. */
  of({ index, payloadLength }: Pick<BlockInfo, "index" | "payloadLength">): Uint8Array | undefined {
    // A search behind damage may have found that the block is shorter than its header says.
    return this.#starts.get(index)?.subarray(0, payloadLength);
  }

  clear(): void {
    this.#starts.clear();
  }
}
