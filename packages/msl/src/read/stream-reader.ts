/** The reader of a stream, and the two ways through its blocks: one by one, and decoded in batches. */

import { ownBytes } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { refuseUnexpectedlyPlain } from "../encryption/key-material.js";
import { MslError } from "../errors.js";
import { authorshipOf } from "../format/dialects/detect-dialect.js";
import type { Authorship } from "../format/dialects/dialects.js";
import type { Encryption } from "../format/encryption-extension.js";
import { announcedHeaderSize, type FileHeader, HEADER_LEAD, requireBlocksInOrder } from "../format/file-header.js";
import { LISTED, Shown } from "../json/shown.js";
import { STREAM_DECODE_ALL, STREAM_READER } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import { requireCore } from "../runtime.js";
import { type ChunkInput, ChunkQueue, collectStream } from "../source/chunk-queue.js";
import type { Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import { indexSource, readEvidence } from "./block-index.js";
import type { DecodeRange } from "./block-list.js";
import { type DecodedBlock, GatheredBatch } from "./decoded-batch.js";
import { type Head, headOf } from "./read-head.js";
import { reportEnd, reportStructure, type StreamEnd } from "./report-structure.js";
import type { StreamBlock, StreamOptions } from "./stream-block.js";
import { StreamWalk } from "./stream-walk.js";

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
  [Symbol.asyncIterator](): AsyncIterableIterator<StreamBlock, void, undefined> {
    return new OneByOne((blocksOf) => this.#pass(blocksOf));
  }

  /**
   * Decodes the blocks in file order and gives them in batches: the results are those of `StreamBlock.decode`, and several times as many small blocks pass in
   * the same time. A batch has the blocks that have arrived, up to 128 of them or 512 KiB; it does not wait for more. Blocks before `from` are skipped; at `to`, the stream is
   * cancelled. Throws `usage` at once; a batch throws as the loop over the blocks and as `StreamBlock.decode` do, after the blocks before the one that fails.
   */
  decodeAll(options: DecodeRange = {}): AsyncGenerator<readonly DecodedBlock<StreamBlock>[], void, undefined> {
    requireOptions(STREAM_DECODE_ALL, options);
    return this.#pass((walk) => inBatches(walk, options));
  }

  async *#pass<T>(blocksOf: (walk: StreamWalk) => AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
    if (this.#started) throw new MslError("usage", "The blocks of a stream can be read once only");
    this.#started = true;
    try {
      const head = await this.#readHead();
      const { header } = head;
      refuseUnexpectedlyPlain(header, this.#options);
      const whole = head.encryption ? await this.#decrypt(head, head.encryption) : undefined;
      const walk = new StreamWalk(header, this.#queue, this.#options, whole);
      yield* blocksOf(walk);
      if (!walk.hasEnded) return;
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

  /** Continues with the decrypted blocks. Returns a function that detects the writer of the capture from all its blocks. */
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

type Blocks = AsyncGenerator<StreamBlock, void, undefined>;

/** The blocks one by one. It passes on blocks that have arrived itself: a generator would wait three times for each of them. */
class OneByOne implements AsyncIterableIterator<StreamBlock, void, undefined> {
  /** Gives the blocks that have to be waited for. */
  readonly #late: Blocks;
  /** Undefined before the first block, and once the pass has failed or was ended. */
  #walk: StreamWalk | undefined;
  /** Calls of `next` that `#late` has not answered. */
  #waiting = 0;

  /** `pass`: goes through a stream and gives what the function makes of its walk. */
  constructor(pass: (blocksOf: (walk: StreamWalk) => Blocks) => Blocks) {
    this.#late = pass((walk) => {
      this.#walk = walk;
      return lateBlocks(walk);
    });
  }

  next(): Promise<IteratorResult<StreamBlock, void>> {
    if (this.#waiting === 0 && this.#walk) {
      try {
        const value = this.#walk.nextAtOnce();
        if (value) return Promise.resolve({ done: false, value });
      } catch (error) {
        this.#walk = undefined;
        return this.#late.throw(error);
      }
    }
    this.#waiting++;
    const next = this.#late.next();
    next.then(
      () => this.#waiting--,
      () => {
        this.#walk = undefined;
      },
    );
    return next;
  }

  return(): Promise<IteratorResult<StreamBlock, void>> {
    this.#walk = undefined;
    return this.#late.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function* lateBlocks(walk: StreamWalk): Blocks {
  for (let block = await walk.next(); block; block = await walk.next()) yield block;
}

/** The blocks of a range with their results. A batch ends where a block has to be waited for. */
async function* inBatches(
  walk: StreamWalk,
  { from = 0, to = Number.POSITIVE_INFINITY }: DecodeRange,
): AsyncGenerator<readonly DecodedBlock<StreamBlock>[], void, undefined> {
  const batch = new GatheredBatch<StreamBlock>();
  try {
    while (walk.blocks < to) {
      let block = walk.nextAtOnce();
      if (!block) {
        if (!batch.isEmpty) yield batch.take();
        block = await walk.next();
      }
      if (!block) return;
      if (block.index < from) continue;
      if (!batch.isEmpty && !block.hasArrived) yield batch.take();
      const decoding = block.decodeAtOnce();
      const result = decoding instanceof Promise ? await decoding : decoding;
      batch.add(block, result);
      if (batch.isFull) yield batch.take();
    }
    if (!batch.isEmpty) yield batch.take();
  } catch (error) {
    // The caller gets the blocks before the one that fails; the error follows.
    if (!batch.isEmpty) yield batch.take();
    throw error;
  }
}
