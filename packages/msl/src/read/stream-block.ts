/** A block of a stream: its header, and its payload in pieces or as a whole, decoded at once if it has arrived. */

import type { BlockRecords } from "@memslice/core-wasm";
import { ownBytes } from "../bytes.js";
import { type DecodeOptions, decodingOf } from "../codec/decoding.js";
import type { EnvelopeOptions } from "../encryption/key-material.js";
import { MslError } from "../errors.js";
import { BLOCK_HEADER_SIZE, BlockInfo, type BlockPlace, PREV_HASH_BYTES, PREV_HASH_OFFSET } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import type { Authorship } from "../format/dialects/dialects.js";
import { type Begun, isWork } from "../sliced-work.js";
import type { ArrivedBytes, ChunkQueue, CollectOptions } from "../source/chunk-queue.js";
import { runInSlices } from "../source/time-slice.js";
import { type BlockDecoding, type BlockResult, beginBlock, beginHeld, blockDecoding } from "./decode-block.js";

/** Options of `MslReader.from`. */
export interface StreamOptions extends DecodeOptions, EnvelopeOptions, CollectOptions {
  readonly signal?: AbortSignal;
}

/** What the blocks of a stream share. */
export interface StreamState {
  readonly queue: ChunkQueue;
  readonly options: StreamOptions;
  /** How payloads that are not compressed are decoded, by the blocks so far. */
  readonly decoding: () => BlockDecoding;
  /** Who wrote the capture, as far as all its blocks tell; undefined if the reader cannot look ahead in the stream. */
  readonly whole: (() => Promise<Authorship>) | undefined;
}

/** The block headers that have arrived at once. */
export interface HeaderWindow {
  readonly records: BlockRecords;
  /** PrevHash of each of the records. */
  readonly prevHashes: Uint8Array;
}

/** Copies PrevHash of each record, since the source of a stream may use the memory of its chunks again. `window`: the bytes walked, at the offset `windowAt`. */
export function headerWindow(records: BlockRecords, window: Uint8Array, windowAt: number): HeaderWindow {
  const hashes = new Uint8Array(records.count * PREV_HASH_BYTES);
  const source = new DataView(window.buffer, window.byteOffset, window.length);
  const target = new DataView(hashes.buffer);
  for (let record = 0; record < records.count; record++) {
    const from = records.offset(record) - windowAt + PREV_HASH_OFFSET;
    const to = record * PREV_HASH_BYTES;
    // By numbers of 4 bytes: making two arrays that view so few bytes takes longer.
    for (let i = 0; i < PREV_HASH_BYTES; i += 4) target.setInt32(to + i, source.getInt32(from + i));
  }
  return { records, prevHashes: hashes };
}

/**
 * A block of a stream. Its payload can be read until the next block is asked for; the unread rest of the payload is then skipped. The facts of its header,
 * and what was decoded, stay as they are.
 */
export class StreamBlock extends BlockInfo {
  readonly #stream: StreamState;
  readonly #prevHashes: Uint8Array;
  readonly #record: number;
  #prevHash: Uint8Array | undefined;
  #left: number;
  /** The payload, while `decode` waits for it. */
  #gathering: Promise<Uint8Array> | undefined;

  constructor({ records, prevHashes }: HeaderWindow, record: number, place: BlockPlace, stream: StreamState) {
    super(records, record, place);
    this.#stream = stream;
    this.#prevHashes = prevHashes;
    this.#record = record;
    this.#left = this.length - BLOCK_HEADER_SIZE;
  }

  /** PrevHash as stored: 32 bytes. */
  prevHash(): Uint8Array {
    const at = this.#record * PREV_HASH_BYTES;
    this.#prevHash ??= ownBytes(this.#prevHashes.subarray(at, at + PREV_HASH_BYTES));
    return this.#prevHash;
  }

  /** Stored bytes of the payload that have not been read. More than 0 at the end of the stream if the block is truncated. */
  get unread(): number {
    return this.#left;
  }

  /** The stored payload in pieces, as the stream delivers them: views of its chunks, which do not outlive the memory of a chunk that is used again. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#left > 0) {
      const piece = await this.#stream.queue.take(this.#left);
      if (piece.length === 0) return;
      this.#left -= piece.length;
      yield piece;
    }
  }

  /**
   * Reads the whole payload and decodes it. A result that may change with later blocks is marked as `provisional`; every other result is the same
   * as with `openCapture` and `MslSliceReader`. Throws `limit` for a payload above `payloadLimit`, and `usage` if a part of it was read before.
   */
  decode(): Promise<BlockResult> {
    // Not async: for most payloads, which have arrived and are decoded at once, an async function takes longer.
    try {
      return Promise.resolve(this.decodeAtOnce());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @internal `decode`: the result if the payload has arrived and takes no long work. Throws at once, or with the promise. */
  decodeAtOnce(): BlockResult | Promise<BlockResult> {
    const decoding = this.#decoding();
    const arrived = this.#takeArrived(decoding.limits.payload);
    if (!arrived) return this.#decodeLater(undefined, undefined, decoding);
    const { views, at } = arrived;
    const begun = beginHeld(this, views, at, decoding);
    if (!isWork(begun) && begun.provisional === undefined) return begun;
    return this.#decodeLater(views.view(at, at + this.payloadLength), begun, decoding);
  }

  /** @internal Whether the rest of the payload has arrived. */
  get hasArrived(): boolean {
    return this.#stream.queue.hasArrived(this.#left);
  }

  #decoding(): BlockDecoding {
    const { options, decoding } = this.#stream;
    const mayDecompress = this.compression !== "none" || (this.type === BlockType.MemoryRegion && this.payloadVersion === 0);
    // The arrays in which a payload was decompressed stay in memory no longer than the result.
    return mayDecompress ? blockDecoding({ ...decodingOf(options), budget: decoding().budget }, decoding()) : decoding();
  }

  /** `arrived` and `begun`: the payload and its decoding, if all of it had arrived. */
  async #decodeLater(
    arrived: Uint8Array | undefined,
    begun: Begun<BlockResult> | undefined,
    decoding: BlockDecoding,
  ): Promise<BlockResult> {
    const { options, whole } = this.#stream;
    const stored = arrived ?? (await this.#gather(decoding.limits.payload));
    const work = begun ?? beginBlock(this, stored, decoding);
    const result = isWork(work) ? await runInSlices(work, options.signal) : work;
    if (result.provisional === undefined || !whole) return result;
    const { byteOrder, mayPad } = decoding;
    const again = beginBlock(this, stored, blockDecoding(decoding, { authorship: await whole(), byteOrder, mayPad }));
    return isWork(again) ? runInSlices(again, options.signal) : again;
  }

  /** The payload, if all of it has arrived and nothing of it was read. */
  #takeArrived(limit: number): ArrivedBytes | undefined {
    const length = this.length - BLOCK_HEADER_SIZE;
    if (this.#left !== length || length > limit) return undefined;
    const arrived = this.#stream.queue.takeArrived(length);
    if (arrived) this.#left = 0;
    return arrived;
  }

  async #gather(limit: number): Promise<Uint8Array> {
    const place = { block: this.index, offset: this.offset };
    if (this.#left !== this.length - BLOCK_HEADER_SIZE) {
      throw new MslError("usage", `The payload of block ${this.index} was read already`, place);
    }
    // The limit is for bytes that are there: a truncated block may claim any length.
    this.#gathering = this.#stream.queue.takeWhole(Math.min(this.#left, limit + 1));
    const stored = await this.#gathering;
    this.#gathering = undefined;
    this.#left -= stored.length;
    if (stored.length <= limit) return stored;
    const message = `The payload of block ${this.index} has more bytes than the limit of ${limit}; read it in pieces`;
    throw new MslError("limit", message, place);
  }

  /** @internal Skips the rest of the payload if all of it has arrived, and returns whether it has. */
  skipArrived(): boolean {
    if (this.#gathering || !this.#stream.queue.dropArrived(this.#left)) return false;
    this.#left = 0;
    return true;
  }

  /** Skips the rest of the payload. */
  async skip(): Promise<void> {
    // A caller may not have waited for `decode`.
    await this.#gathering;
    if (this.skipArrived()) return;
    for await (const _ of this.pieces()) {
      // The bytes are not used.
    }
  }
}
