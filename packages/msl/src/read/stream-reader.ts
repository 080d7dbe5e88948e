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
import { requireCore } from "../require-core.js";
import { isWork } from "../sliced-work.js";
import { type ChunkInput, ChunkQueue, type CollectOptions, collectStream } from "../source/chunk-queue.js";
import type { Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import { indexSource } from "./block-index.js";
import { type BlockDecoding, type BlockResult, beginBlock } from "./decode-block.js";
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

/** The same object again as long as the trail tells the same: an object for each of very many blocks costs as much as its payload. */
function decodingBy(trail: Trail, header: FileHeader, options: StreamOptions): () => BlockDecoding {
  const { byteOrder } = header;
  const plain = { ...decodingOf(options), byteOrder, mayPad: mayPadPayloads(header) };
  let decoding: BlockDecoding = { ...plain, authorship: trail.known };
  return () => {
    const { marked, memslicer, memdiver } = trail.known;
    const { authorship: last } = decoding;
    if (last.marked !== marked || last.memslicer !== memslicer || last.memdiver !== memdiver)
      decoding = { ...plain, authorship: { marked, memslicer, memdiver } };
    return decoding;
  };
}

/** A block of a stream. It is usable until the next block is asked for; the unread rest of its payload is then skipped. */
export class StreamBlock extends BlockInfo {
  readonly #stream: StreamState;
  readonly #prevHash: Uint8Array;
  #left: number;

  /** `prevHash`: of the block's header; kept. */
  constructor(records: BlockRecords, record: number, place: BlockPlace, prevHash: Uint8Array, stream: StreamState) {
    super(records, record, place);
    this.#stream = stream;
    this.#prevHash = prevHash;
    this.#left = this.length - BLOCK_HEADER_SIZE;
  }

  /** PrevHash as stored: 32 bytes. */
  prevHash(): Uint8Array {
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
  async decode(): Promise<BlockResult> {
    const { options, whole } = this.#stream;
    const mayDecompress = this.compression !== "none" || (this.type === BlockType.MemoryRegion && this.payloadVersion === 0);
    // The arrays in which a payload was decompressed stay in memory no longer than the result.
    const decoding = mayDecompress ? { ...this.#stream.decoding(), ...decodingOf(options) } : this.#stream.decoding();
    const stored = this.#takeArrived(decoding.limits.payload) ?? (await this.#gather(decoding.limits.payload));
    const begun = beginBlock(this, stored, decoding);
    const result = isWork(begun) ? await runInSlices(begun, options.signal) : begun;
    if (result.provisional === undefined || !whole) return result;
    const again = beginBlock(this, stored, { ...decoding, authorship: await whole() });
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

  /** Skips the rest of the payload. */
  async skip(): Promise<void> {
    if (this.#stream.queue.takeArrived(this.#left)) this.#left = 0;
    for await (const _ of this.pieces()) {
      // The bytes are not used.
    }
  }
}

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
      refuseUnexpectedlyPlain(head.header, this.#options);
      const whole = head.encryption ? await this.#decrypt(head, head.encryption) : undefined;
      yield* this.#blocks(head.header, whole);
    } finally {
      await this.#queue.cancel();
    }
  }

  async *#blocks(header: FileHeader, whole: StreamState["whole"]): AsyncGenerator<StreamBlock, void, undefined> {
    const trail = new Trail(header);
    const stream: StreamState = {
      queue: this.#queue,
      options: this.#options,
      decoding: decodingBy(trail, header, this.#options),
      whole,
    };
    const { strict = false } = this.#options;
    const structure = new Structure();
    let eocIndex: number | null = null;
    let eocEnd: number | null = null;
    let truncatedBlock: number | null = null;
    let blocks = 0;
    let reason: WalkEnd = "end";
    let next = header.encrypted ? 0 : header.headerSize;
    while (reason === "end" && truncatedBlock === null && !(strict && eocIndex !== null)) {
      const window = await this.#queue.peek(BLOCK_HEADER_SIZE);
      if (window.length < BLOCK_HEADER_SIZE) break;
      const records = new BlockRecords();
      const walk = new BlockWalk(records, next, { bigEndian: header.byteOrder === "big" });
      const windowAt = next;
      const status = walk.walk(window, windowAt);
      next = walk.next;
      reason = status === "more" ? "end" : status;
      for (let record = 0; record < records.count; record++) {
        const prevHashAt = records.offset(record) - windowAt + PREV_HASH_OFFSET;
        const prevHash = ownBytes(window.subarray(prevHashAt, prevHashAt + PREV_HASH_BYTES));
        const dataEnd = Number.POSITIVE_INFINITY;
        const place = { index: blocks++, dataEnd, afterEoc: eocIndex !== null, salvageEvidence: null };
        const block = new StreamBlock(records, record, place, prevHash, stream);
        if (eocIndex === null) structure.add(block.type, block.offset);
        if (strict && structure.invalidAt !== undefined) throw invalidBlock(block);
        const looking = trail.note(block, this.#queue);
        if (looking) await looking;
        this.#queue.drop(BLOCK_HEADER_SIZE);
        requireBlocksWithin(this.#options, blocks, block.offset);
        yield block;
        if (block.unread > 0) await block.skip();
        if (block.unread > 0) truncatedBlock = block.index;
        else if (eocIndex === null && isEndOfCapture(block.type, block.length)) {
          eocIndex = block.index;
          eocEnd = this.#queue.offset;
          if (strict) {
            // The walk may have found headers behind End-of-Capture in this window. A strict reader takes the bytes there for trailing data.
            reason = "end";
            break;
          }
        }
      }
    }
    requireBlocksInOrder(header, blocks);
    const trailingBytes = await this.#countRest();
    this.#end = { reason, blocks, salvaged: 0, eocIndex, eocEnd, truncatedBlock, trailingBytes, dataEnd: this.#queue.offset };
    reportEnd(this.#end, header, (deviation) => this.deviations.push(deviation));
    reportStructure(structure, header, (deviation) => this.deviations.push(deviation));
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
