/** Reads a capture from a stream in bounded memory, block after block; the payload of a block in pieces or as a whole. */

import { BlockRecords, BlockWalk } from "@memslice/core-wasm";
import { concatenated, ownBytes } from "../bytes.js";
import { type DecodeOptions, decodingOf } from "../codec/decoding.js";
import type { Deviation } from "../deviations/deviation.js";
import { refuseUnexpectedlyPlain } from "../encryption/key-material.js";
import type { EnvelopeOptions } from "../encryption/open-envelope.js";
import { MslError } from "../errors.js";
import { BLOCK_HEADER_SIZE, isEndOfCapture, PREV_HASH_BYTES, PREV_HASH_OFFSET } from "../format/block-header.js";
import { BlockInfo, type BlockPlace } from "../format/block-info.js";
import { BlockType } from "../format/codes.js";
import { authorshipOf } from "../format/dialects/detect-dialect.js";
import { type Authorship, mayPadPayloads } from "../format/dialects/dialects.js";
import type { Encryption } from "../format/encryption-extension.js";
import { announcedHeaderSize, type FileHeader, HEADER_LEAD, requireBlocksInOrder } from "../format/file-header.js";
import { LISTED, Shown } from "../json/shown.js";
import { requireBlocksWithin } from "../options/limits.js";
import { STREAM_READER } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import { requireCore } from "../runtime.js";
import { type Begun, isWork } from "../sliced-work.js";
import { type ChunkInput, ChunkQueue, type CollectOptions, collectStream } from "../source/chunk-queue.js";
import type { Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import { indexSource } from "./block-index.js";
import { type BlockDecoding, type BlockResult, beginBlock, blockDecoding } from "./decode-block.js";
import { readEvidence, Trail } from "./read-evidence.js";
import { type Head, headOf } from "./read-head.js";
import { reportEnd, reportStructure, type StreamEnd, Structure, type WalkEnd } from "./report-structure.js";

export interface StreamOptions extends DecodeOptions, EnvelopeOptions, CollectOptions {
  readonly signal?: AbortSignal;
}

interface StreamState {
  readonly queue: ChunkQueue;
  readonly options: StreamOptions;
  /** How payloads that are not compressed are decoded, by the blocks so far. */
  readonly decoding: () => BlockDecoding;
  /** Who wrote the capture, as far as all its blocks tell; undefined if the reader cannot look ahead in the stream. */
  readonly whole: (() => Promise<Authorship>) | undefined;
}

/** Makes new settings only when a block has changed what is known of the writer: settings made for each block cost as much as decoding a small payload. */
function decodingBy(trail: Trail, header: FileHeader, options: StreamOptions): () => BlockDecoding {
  const { byteOrder } = header;
  const mayPad = mayPadPayloads(header);
  const plain = decodingOf(options);
  const by = (authorship: Authorship) => blockDecoding(plain, { authorship, byteOrder, mayPad });
  let decoding = by(trail.known);
  return () => {
    const { known } = trail;
    if (decoding.authorship !== known) decoding = by(known);
    return decoding;
  };
}

/** A block of a stream. It is usable until the next block is asked for; the unread rest of its payload is then skipped. */
export class StreamBlock extends BlockInfo {
  readonly #stream: StreamState;
  readonly #prevHashes: Uint8Array;
  readonly #record: number;
  #prevHash: Uint8Array | undefined;
  #left: number;

  /** `prevHashes`: PrevHash of each of the records. */
  constructor(records: BlockRecords, record: number, place: BlockPlace, prevHashes: Uint8Array, stream: StreamState) {
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

  /** The stored payload in pieces, as the stream delivers them. */
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
      const decoding = this.#decoding();
      const stored = this.#takeArrived(decoding.limits.payload);
      const begun = stored && beginBlock(this, stored, decoding);
      if (!begun || isWork(begun) || begun.provisional !== undefined) return this.#decodeLater(stored, begun, decoding);
      return Promise.resolve(begun);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #decoding(): BlockDecoding {
    const { options, decoding } = this.#stream;
    const mayDecompress = this.compression !== "none" || (this.type === BlockType.MemoryRegion && this.payloadVersion === 0);
    // The arrays in which a payload was decompressed stay in memory no longer than the result.
    return mayDecompress ? blockDecoding(decodingOf(options), decoding()) : decoding();
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
  #takeArrived(limit: number): Uint8Array | undefined {
    const length = this.length - BLOCK_HEADER_SIZE;
    if (this.#left !== length || length > limit) return undefined;
    const stored = this.#stream.queue.takeArrived(length);
    if (stored) this.#left = 0;
    return stored;
  }

  async #gather(limit: number): Promise<Uint8Array> {
    const place = { block: this.index, offset: this.offset };
    if (this.#left !== this.length - BLOCK_HEADER_SIZE) {
      throw new MslError("usage", `The payload of block ${this.index} was read already`, place);
    }
    const parts: Uint8Array[] = [];
    let gathered = 0;
    // The limit is for bytes that are there: a truncated block may claim any length.
    for await (const piece of this.pieces()) {
      gathered += piece.length;
      if (gathered > limit) {
        const message = `The payload of block ${this.index} has more bytes than the limit of ${limit}; read it in pieces`;
        throw new MslError("limit", message, place);
      }
      parts.push(piece);
    }
    return concatenated(parts);
  }

  /** @internal Skips the rest of the payload if all of it has arrived, and returns whether it has. */
  skipArrived(): boolean {
    if (!this.#stream.queue.dropArrived(this.#left)) return false;
    this.#left = 0;
    return true;
  }

  /** Skips the rest of the payload. */
  async skip(): Promise<void> {
    if (this.skipArrived()) return;
    for await (const _ of this.pieces()) {
      // The bytes are not used.
    }
  }
}

/** The block headers that have arrived at once. */
interface HeaderWindow {
  readonly records: BlockRecords;
  readonly prevHashes: Uint8Array;
}

/** Walks the headers of a stream, as far as they have arrived, and notes where its blocks end. */
class StreamWalk {
  readonly structure = new Structure();
  /** Blocks begun so far. */
  blocks = 0;
  readonly #header: FileHeader;
  readonly #stream: StreamState;
  readonly #strict: boolean;
  #eocIndex: number | null = null;
  #eocEnd: number | null = null;
  #truncatedBlock: number | null = null;
  #reason: WalkEnd = "end";
  #next: number;

  constructor(header: FileHeader, stream: StreamState) {
    this.#header = header;
    this.#stream = stream;
    this.#strict = stream.options.strict ?? false;
    this.#next = header.encrypted ? 0 : header.headerSize;
  }

  /** Waits for the next header. Undefined where the blocks end. */
  async nextWindow(): Promise<HeaderWindow | undefined> {
    if (this.#reason !== "end" || this.#truncatedBlock !== null || this.#isPastStrictEnd) return undefined;
    const window = await this.#stream.queue.peek(BLOCK_HEADER_SIZE);
    if (window.length < BLOCK_HEADER_SIZE) return undefined;
    const at = this.#next;
    const records = new BlockRecords();
    const walk = new BlockWalk(records, at, { bigEndian: this.#header.byteOrder === "big" });
    const status = walk.walk(window, at);
    this.#next = walk.next;
    this.#reason = status === "more" ? "end" : status;
    return { records, prevHashes: prevHashesOf(records, window, at) };
  }

  begin({ records, prevHashes }: HeaderWindow, record: number): StreamBlock {
    const place = {
      index: this.blocks++,
      dataEnd: Number.POSITIVE_INFINITY,
      afterEoc: this.#eocIndex !== null,
      salvageEvidence: null,
    };
    const block = new StreamBlock(records, record, place, prevHashes, this.#stream);
    if (this.#eocIndex === null) this.structure.add(block.type, block.offset);
    if (this.#strict && this.structure.invalidAt !== undefined) throw invalidBlock(block);
    return block;
  }

  /** Takes the header of the block. Throws `limit`. */
  enter(block: StreamBlock): void {
    this.#stream.queue.drop(BLOCK_HEADER_SIZE);
    requireBlocksWithin(this.#stream.options, this.blocks, block.offset);
  }

  /** Notes how the block ended, after its payload was taken. Returns whether the next header of the window begins a block, too. */
  leave(block: StreamBlock): boolean {
    if (block.unread > 0) this.#truncatedBlock = block.index;
    else if (this.#eocIndex === null && isEndOfCapture(block.type, block.length)) {
      this.#eocIndex = block.index;
      this.#eocEnd = this.#stream.queue.offset;
      // The walk may have found headers behind End-of-Capture in this window. A strict reader takes the bytes there for trailing data.
      if (this.#strict) this.#reason = "end";
    }
    return !this.#isPastStrictEnd;
  }

  end(trailingBytes: number): StreamEnd {
    return {
      reason: this.#reason,
      blocks: this.blocks,
      salvaged: 0,
      eocIndex: this.#eocIndex,
      eocEnd: this.#eocEnd,
      truncatedBlock: this.#truncatedBlock,
      trailingBytes,
      dataEnd: this.#stream.queue.offset,
    };
  }

  get #isPastStrictEnd(): boolean {
    return this.#strict && this.#eocIndex !== null;
  }
}

/** Copies, since the source of a stream may use the memory of its chunks again. `window`: the bytes walked, at the offset `windowAt`. */
function prevHashesOf(records: BlockRecords, window: Uint8Array, windowAt: number): Uint8Array {
  const hashes = new Uint8Array(records.count * PREV_HASH_BYTES);
  const source = new DataView(window.buffer, window.byteOffset, window.length);
  const target = new DataView(hashes.buffer);
  for (let record = 0; record < records.count; record++) {
    const from = records.offset(record) - windowAt + PREV_HASH_OFFSET;
    const to = record * PREV_HASH_BYTES;
    // By numbers of 4 bytes: making two arrays that view so few bytes takes longer.
    for (let i = 0; i < PREV_HASH_BYTES; i += 4) target.setInt32(to + i, source.getInt32(from + i));
  }
  return hashes;
}

/** Reads a capture from a stream in bounded memory, block after block; the payload of a block in pieces or as a whole. */
export class MslReader extends Shown implements AsyncIterable<StreamBlock> {
  /** Deviations found so far, except those of payloads. */
  readonly deviations: Deviation[] = [];
  /** The bytes of the file; of an encrypted capture, the decrypted blocks after it was authenticated. */
  #queue: ChunkQueue;
  readonly #options: StreamOptions;
  #head: Promise<Head> | undefined;
  #end: StreamEnd | undefined;
  #started = false;

  private constructor(input: ChunkInput, options: StreamOptions) {
    super();
    this.#queue = new ChunkQueue(input, options.signal);
    this.#options = options;
  }

  /** A summary of what was read so far, with at most 1,000 deviations. */
  override toJSON() {
    const { deviations, end } = this;
    return { end: end ?? null, deviations: deviations.slice(0, LISTED), deviationCount: deviations.length };
  }

  /** Reads nothing before the header or the first block is asked for. */
  static from(input: ChunkInput, options: StreamOptions = {}): MslReader {
    requireOptions(STREAM_READER, options);
    requireCore();
    return new MslReader(input, options);
  }

  /** The file header. That of an encrypted capture is not authenticated before the first block was given out. Throws like `inspectCapture`. */
  async header(): Promise<FileHeader> {
    return (await this.#readHead()).header;
  }

  /** How the stream ended; undefined before all blocks were read. */
  get end(): StreamEnd | undefined {
    return this.#end;
  }

  /**
   * The blocks in file order; they can be iterated once. A loop that ends early cancels the stream. An encrypted capture is kept in memory, up
   * to `encryptedStreamLimit` bytes, and authenticated before its first block is given out; offsets of its blocks are offsets in the decrypted
   * stream. Throws `MslError` like `openCapture`.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<StreamBlock, void, undefined> {
    if (this.#started) throw new MslError("usage", "The blocks of a stream can be read once only");
    this.#started = true;
    try {
      const head = await this.#readHead();
      const { header } = head;
      refuseUnexpectedlyPlain(header, this.#options);
      const whole = head.encryption ? await this.#decrypt(head, head.encryption) : undefined;
      const queue = this.#queue;
      const trail = new Trail(header);
      const stream = { queue, options: this.#options, decoding: decodingBy(trail, header, this.#options), whole };
      const walk = new StreamWalk(header, stream);
      // The loops are here and not in a generator of their own: each generator that passes a block on waits for it once more.
      for (let window = await walk.nextWindow(); window; window = await walk.nextWindow()) {
        for (let record = 0; record < window.records.count; record++) {
          const block = walk.begin(window, record);
          const looking = trail.note(block, queue);
          if (looking) await looking;
          walk.enter(block);
          yield block;
          if (block.unread > 0 && !block.skipArrived()) await block.skip();
          if (!walk.leave(block)) break;
        }
      }
      requireBlocksInOrder(header, walk.blocks);
      const trailingBytes = await this.#countRest();
      this.#end = walk.end(trailingBytes);
      reportEnd(this.#end, header, (deviation) => this.deviations.push(deviation));
      reportStructure(walk.structure, header, (deviation) => this.deviations.push(deviation));
    } finally {
      await this.#queue.cancel();
    }
  }

  #readHead(): Promise<Head> {
    this.#head ??= this.#peekHead();
    return this.#head;
  }

  async #peekHead(): Promise<Head> {
    const lead = await this.#queue.peek(HEADER_LEAD);
    const size = announcedHeaderSize(lead) ?? lead.length;
    const start = (await this.#queue.peek(size)).subarray(0, Math.max(size, HEADER_LEAD));
    const head = headOf(ownBytes(start), this.#options);
    this.deviations.push(...head.deviations);
    // The header of an encrypted capture stays in the queue, since the capture is collected from its first byte on.
    if (!head.encryption) this.#queue.drop(head.header.headerSize);
    return head;
  }

  /** Continues with the decrypted blocks. Returns a function that tells who wrote the capture from all its blocks. */
  async #decrypt(head: Head, encryption: Encryption): Promise<() => Promise<Authorship>> {
    const file = await collectStream(this.#queue, this.#options);
    const { openEnvelope } = await import("../encryption/open-envelope.js");
    const { plaintext, deviations } = await openEnvelope(file, head.headerBytes, encryption, this.#options);
    this.deviations.push(...deviations);
    this.#queue = new ChunkQueue(piecesOf(plaintext), this.#options.signal);
    let authorship: Promise<Authorship> | undefined;
    return () => {
      authorship ??= this.#lookThrough(plaintext, head);
      return authorship;
    };
  }

  async #lookThrough(plaintext: Source, head: Head): Promise<Authorship> {
    const { signal } = this.#options;
    const options = { ...this.#options, byteOrder: head.header.byteOrder };
    const index = await indexSource(plaintext, 0, options);
    const evidence = await readEvidence(plaintext, head, index, signal);
    return (await runInSlices(authorshipOf(evidence), signal)).authorship;
  }

  async #countRest(): Promise<number> {
    const start = this.#queue.offset;
    while ((await this.#queue.take(Number.POSITIVE_INFINITY)).length > 0) {}
    return this.#queue.offset - start;
  }
}

const PIECE_BYTES = 64 * 1024;

async function* piecesOf(source: Source): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let offset = 0; offset < source.size; offset += PIECE_BYTES) {
      yield await source.read(offset, Math.min(PIECE_BYTES, source.size - offset));
    }
  } finally {
    await source.close?.();
  }
}

function invalidBlock({ index, offset }: BlockInfo): MslError {
  return new MslError("damaged-block", `Block ${index} has type 0x0000, which must not appear (BLK-TYPE0)`, {
    block: index,
    offset,
  });
}
