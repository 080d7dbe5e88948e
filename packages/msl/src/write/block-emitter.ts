/** Puts header and blocks behind each other, linked by their hashes. Once a block has begun, it is completed or the writer has failed. */
import { MslError } from "../errors.js";
import { BLOCK_HEADER, BLOCK_HEADER_SIZE, BLOCK_MAGIC } from "../format/block-header.js";
import { encodeLayout } from "../format/layout/encode.js";
import { NIL_UUID } from "../format/layout/uuid-text.js";
import { GatheringSink } from "./gathering-sink.js";
import type { HashLinks } from "./hash-links.js";
import type { Sink } from "./sink.js";

/** Most payload bytes that BlockLength can express. */
export const PAYLOAD_MOST = 2 ** 32 - 1 - BLOCK_HEADER_SIZE;
const PAYLOAD_VERSION = 1;

/** A block about to be written; the payload follows. */
export interface BlockStart {
  readonly type: number;
  readonly flags: number;
  readonly uuid: string;
  readonly parentUuid: string | undefined;
  /** As stored. */
  readonly payloadLength: number;
}

/** A block of the capture, complete and handed over to the sink. */
export interface WrittenBlock {
  readonly index: number;
  /** Of the block's magic, from the start of the file. */
  readonly offset: number;
  /** BlockLength. */
  readonly length: number;
  readonly uuid: string;
  /** Block flags, as in its header. */
  readonly flags: number;
}

export interface EmitterState {
  /** Where the next byte goes; 0 before the header. */
  readonly offset: number;
  readonly blocks: number;
}

export class BlockEmitter {
  readonly #output: GatheringSink;
  readonly #links: HashLinks;
  #header: Uint8Array | undefined;
  #offset: number;
  #blocks: number;
  #failure: MslError | undefined;

  /** `header` is written with the first block; undefined where the sink continues a capture. */
  constructor(sink: Sink, links: HashLinks, header: Uint8Array | undefined, { offset, blocks }: EmitterState) {
    this.#output = new GatheringSink(sink);
    this.#links = links;
    this.#header = header;
    this.#offset = offset;
    this.#blocks = blocks;
  }

  /** Bytes of complete blocks, and of the header before them. */
  get offset(): number {
    return this.#offset;
  }

  /** FileHash of what has been written; of a capture without blocks too. */
  fileHash(): Uint8Array {
    return this.#links.fileHash();
  }

  /** Throws `closed` after a failure. */
  requireWorking(): void {
    if (!this.#failure) return;
    throw new MslError("closed", `The writer has failed and takes no more: ${this.#failure.message}`, { cause: this.#failure });
  }

  /** Nothing more is written from now on: what is there ends in a block that cannot be repaired, or lacks what others rely on. */
  fail(error: unknown): MslError {
    const reason = error instanceof MslError ? error : new MslError("source", String(error), { cause: error });
    this.#failure ??= reason;
    return reason;
  }

  /**
   * Writes a block whose payload comes in pieces, `payloadLength` bytes in all. Any error from the first byte on fails the writer for
   * good: BlockLength is written already.
   */
  async emit(start: BlockStart, payload: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<WrittenBlock> {
    this.requireWorking();
    if (start.payloadLength > PAYLOAD_MOST) {
      throw new MslError("limit", `A payload of ${start.payloadLength} bytes does not fit a block, which holds ${PAYLOAD_MOST}`);
    }
    const header = this.#blockHeader(start);
    const block = {
      index: this.#blocks,
      offset: this.#offset + (this.#header?.length ?? 0),
      length: BLOCK_HEADER_SIZE + start.payloadLength,
      uuid: start.uuid,
      flags: start.flags,
    };
    try {
      if (this.#header) await this.#output.write(this.#header);
      this.#header = undefined;
      this.#links.beginBlock();
      await this.#append(header);
      for await (const piece of payload) await this.#append(piece);
      await this.#output.flush();
    } catch (error) {
      throw this.fail(error);
    }
    this.#offset = block.offset + block.length;
    this.#blocks++;
    return block;
  }

  async close(): Promise<void> {
    this.#links.release();
    await this.#output.close();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#links.update(bytes);
    await this.#output.write(bytes);
  }

  #blockHeader({ type, flags, uuid, parentUuid = NIL_UUID, payloadLength }: BlockStart): Uint8Array {
    return encodeLayout(BLOCK_HEADER, {
      magic: BLOCK_MAGIC,
      type,
      flags,
      length: BLOCK_HEADER_SIZE + payloadLength,
      payloadVersion: PAYLOAD_VERSION,
      uuid,
      parentUuid,
      prevHash: this.#links.prevHash,
    });
  }
}
