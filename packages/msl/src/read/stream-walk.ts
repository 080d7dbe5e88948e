/** Walks the block headers of a stream, as far as they have arrived, and notes how its blocks end and what they tell about their writer. */

import { BlockRecords, BlockWalk } from "@memslice/core-wasm";
import { ownBytes } from "../bytes.js";
import { decodingOf } from "../codec/decoding.js";
import { MslError } from "../errors.js";
import type { BlockInfo } from "../format/block-header.js";
import { BLOCK_HEADER_SIZE, BLOCK_TYPE_OFFSET, isEndOfCapture, PREV_HASH_OFFSET } from "../format/block-header.js";
import { type FirstBlocks, mayBeMemDivers, memDiverAnchor } from "../format/dialects/detect-dialect.js";
import { type Authorship, mayPadPayloads } from "../format/dialects/dialects.js";
import {
  CONTEXTS_LOOKED_AT,
  isMarkedContext,
  MARKING_TYPES,
  mayBeMarkedContext,
  PEEK_BYTES,
  SYSTEM_CONTEXT_MOST,
} from "../format/dialects/evidence.js";
import type { FileHeader } from "../format/file-header.js";
import { requireBlocksWithin } from "../options/limits.js";
import type { ChunkQueue } from "../source/chunk-queue.js";
import { TimeSlice } from "../source/time-slice.js";
import { type BlockDecoding, blockDecoding } from "./decode-block.js";
import { type StreamEnd, Structure, type WalkEnd } from "./report-structure.js";
import { type HeaderWindow, headerWindow, StreamBlock, type StreamOptions, type StreamState } from "./stream-block.js";

/** Room for blocks that a window has more than the one before it. */
const SPARE_RECORDS = 16;

export class StreamWalk {
  readonly structure = new Structure();
  /** Blocks begun so far. */
  blocks = 0;
  /** Whether `next` has found the end of the blocks. */
  hasEnded = false;
  readonly #header: FileHeader;
  readonly #stream: StreamState;
  readonly #trail: Trail;
  readonly #slice: TimeSlice;
  #isSpent = false;
  readonly #strict: boolean;
  #window: HeaderWindow | undefined;
  /** The record of the next block in the window. */
  #record = 0;
  /** The number of records in the window. */
  #records = 0;
  /** The block that was given out last, until its end is noted. */
  #last: StreamBlock | undefined;
  /** A block whose evidence has to be looked at before it is given out. */
  #begun: StreamBlock | undefined;
  #eocIndex: number | null = null;
  #eocEnd: number | null = null;
  #truncatedBlock: number | null = null;
  #reason: WalkEnd = "end";
  /** Offset of the next header that has not been walked. */
  #next: number;

  /** `queue`: stands at the first block. */
  constructor(header: FileHeader, queue: ChunkQueue, options: StreamOptions, whole: StreamState["whole"]) {
    this.#header = header;
    this.#trail = new Trail(header);
    this.#stream = { queue, options, decoding: decodingBy(this.#trail, header, options), whole };
    this.#slice = new TimeSlice(options.signal);
    this.#strict = options.strict ?? false;
    this.#next = header.encrypted ? 0 : header.headerSize;
  }

  /** The next block, if nothing has to be waited for. Undefined if something has to, and where the blocks end. Throws like `next`. */
  nextAtOnce(): StreamBlock | undefined {
    this.#isSpent ||= this.#slice.isSpent();
    if (this.#isSpent) return undefined;
    if (this.#last) {
      if (!this.#last.skipArrived()) return undefined;
      this.#leave(this.#last);
    }
    const window = this.#window;
    if (!window || this.#record === this.#records || this.#isPastStrictEnd) return undefined;
    const block = this.#begun ?? this.#begin(window);
    return this.#trail.looksAt(block) ? undefined : this.#enter(block);
  }

  /** The next block. Undefined where the blocks end. Throws `limit`, in strict mode `damaged-block`, and as the stream does. */
  async next(): Promise<StreamBlock | undefined> {
    if (this.#isSpent) await this.#slice.renew();
    this.#isSpent = false;
    if (this.#last) {
      await this.#last.skip();
      this.#leave(this.#last);
    }
    if (this.#record === this.#records) await this.#nextWindow();
    const window = this.#window;
    this.hasEnded = !window || this.#isPastStrictEnd;
    if (!window || this.hasEnded) return undefined;
    const block = this.#begun ?? this.#begin(window);
    await this.#trail.look(block, this.#stream.queue);
    return this.#enter(block);
  }

  /** Waits for the next header, unless the blocks have ended. */
  async #nextWindow(): Promise<void> {
    this.#window = undefined;
    if (this.#reason !== "end" || this.#truncatedBlock !== null || this.#isPastStrictEnd) return;
    const bytes = await this.#stream.queue.peek(BLOCK_HEADER_SIZE);
    const at = this.#next;
    // Consecutive windows have about as many blocks: room for them from the beginning saves copies.
    const records = new BlockRecords(this.#records === 0 ? undefined : this.#records + SPARE_RECORDS);
    const walk = new BlockWalk(records, at, { bigEndian: this.#header.byteOrder === "big" });
    const status = walk.walk(bytes, at);
    this.#next = walk.next;
    this.#reason = status === "more" ? "end" : status;
    if (records.count > 0) this.#window = headerWindow(records, bytes, at);
    this.#record = 0;
    this.#records = records.count;
  }

  #begin(window: HeaderWindow): StreamBlock {
    const place = {
      index: this.blocks++,
      dataEnd: Number.POSITIVE_INFINITY,
      afterEoc: this.#eocIndex !== null,
      salvageEvidence: null,
    };
    const block = new StreamBlock(window, this.#record, place, this.#stream);
    this.#begun = block;
    if (this.#eocIndex === null) this.structure.add(block.type, block.offset);
    if (this.#strict && this.structure.invalidAt !== undefined) throw invalidBlock(block);
    return block;
  }

  /** Takes the header of the block. */
  #enter(block: StreamBlock): StreamBlock {
    this.#stream.queue.drop(BLOCK_HEADER_SIZE);
    requireBlocksWithin(this.#stream.options, this.blocks, block.offset);
    this.#begun = undefined;
    this.#record++;
    this.#last = block;
    return block;
  }

  /** Notes how the block ended, after its payload was taken. */
  #leave(block: StreamBlock): void {
    this.#last = undefined;
    if (block.unread > 0) this.#truncatedBlock = block.index;
    else if (this.#eocIndex === null && isEndOfCapture(block.type, block.length)) {
      this.#eocIndex = block.index;
      this.#eocEnd = this.#stream.queue.offset;
      // The walk may have found headers behind End-of-Capture in this window. A strict reader takes the bytes there for trailing data.
      if (this.#strict) this.#reason = "end";
    }
  }

  get #isPastStrictEnd(): boolean {
    return this.#strict && this.#eocIndex !== null;
  }

  /** How the blocks ended. `trailingBytes`: the number of bytes behind them, which were taken. */
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

function invalidBlock({ index, offset }: BlockInfo): MslError {
  return new MslError("damaged-block", `Block ${index} has type 0x0000, which must not appear (BLK-TYPE0)`, {
    block: index,
    offset: offset + BLOCK_TYPE_OFFSET,
  });
}

/**
 * Evidence about the writer in the blocks of a stream. A block is looked at before the reader gives it out, so that the result does not depend on
 * whether the caller decodes or skips it.
 */
class Trail {
  readonly #header: FileHeader;
  #first: Omit<FirstBlocks, "secondPrevHash"> | undefined;
  #contexts = 0;
  #marked = false;
  #memdiver: boolean | undefined;
  #known: Authorship = { marked: undefined, memslicer: undefined, memdiver: undefined };

  constructor(header: FileHeader) {
    this.#header = header;
  }

  /**
   * The conclusions from the blocks so far: the same object until they change. A member that is undefined may become known with later blocks, up to
   * End-of-Capture.
   */
  get known(): Authorship {
    const marked = this.#marked || undefined;
    const memdiver = this.#memdiver;
    if (this.#known.marked !== marked || this.#known.memdiver !== memdiver) this.#known = { marked, memslicer: marked, memdiver };
    return this.#known;
  }

  /** Whether the next block may have evidence, which `look` takes. */
  looksAt({ afterEoc, index, type, flags }: BlockInfo): boolean {
    if (afterEoc) return false;
    return index < 2 || (!this.#marked && (MARKING_TYPES.has(type) || mayBeMarkedContext(type, flags)));
  }

  /** Takes the evidence of the next block; `queue` stands at its header. */
  async look(block: BlockInfo, queue: ChunkQueue): Promise<void> {
    if (!this.looksAt(block)) return;
    if (block.index < 2) await this.#noteFirst(block, queue);
    if (MARKING_TYPES.has(block.type)) this.#marked = true;
    if (this.#marked || !mayBeMarkedContext(block.type, block.flags) || this.#contexts === CONTEXTS_LOOKED_AT) return;
    this.#contexts++;
    const start = await startOf(block, BLOCK_HEADER_SIZE + SYSTEM_CONTEXT_MOST, queue);
    this.#marked = isMarkedContext(start.subarray(BLOCK_HEADER_SIZE));
  }

  async #noteFirst(block: BlockInfo, queue: ChunkQueue): Promise<void> {
    const prevHash = ownBytes((await startOf(block, BLOCK_HEADER_SIZE, queue)).subarray(PREV_HASH_OFFSET));
    if (block.index === 0) {
      const { payloadVersion, length } = block;
      const first = { header: this.#header, payloadVersion, length, start: undefined, prevHash };
      // Encrypted captures have no links: the first blocks tell nothing about MemDiver.
      if (this.#header.encrypted) return;
      if (mayBeMemDivers(first)) this.#first = { ...first, start: ownBytes(await startOf(block, PEEK_BYTES, queue)) };
      else this.#memdiver = false;
    } else if (this.#first) {
      this.#memdiver = memDiverAnchor({ ...this.#first, secondPrevHash: prevHash }) !== undefined;
      this.#first = undefined;
    }
  }
}

/** The first bytes of a block, as far as the stream holds them. */
async function startOf({ length }: BlockInfo, most: number, queue: ChunkQueue): Promise<Uint8Array> {
  const wanted = Math.min(most, length);
  return (await queue.peek(wanted)).subarray(0, wanted);
}
