/** Puts header and blocks behind each other, linked by their hashes or encrypted. Once a block has begun, it is completed or the writer has failed. */
import { MslError } from "../errors.js";
import { BLOCK_HEADER, BLOCK_HEADER_SIZE, BLOCK_MAGIC } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import { encodeLayout } from "../format/layout/encode.js";
import { NIL_UUID } from "../format/layout/uuid-text.js";
import { END_OF_CAPTURE_SIZE } from "../format/payloads/end-of-capture.js";
import type { Links } from "./hash-links.js";
import { SealedSink, type SealOrder } from "./sealed-sink.js";
import type { Sink } from "./sink.js";
import { GatheringSink } from "./sink.js";

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
  /** Of the block's magic, from the start of the file; in an encrypted capture from the first block on, as readers count. */
  readonly offset: number;
  /** BlockLength. */
  readonly length: number;
  readonly uuid: string;
  /** Block flags, as in its header. */
  readonly flags: number;
}

export interface EmitterState {
  /** Written with the first block; undefined where the sink continues a capture. */
  readonly headerBytes: Uint8Array | undefined;
  /** Where the next byte goes; 0 before the header. */
  readonly offset: number;
  readonly blocks: number;
  readonly links: Links;
  readonly seal: SealOrder | undefined;
}

export class BlockEmitter {
  readonly #output: GatheringSink;
  readonly #sealed: SealedSink | undefined;
  readonly #links: Links;
  #header: Uint8Array | undefined;
  /** Bytes that stand before the first block and do not count as written yet. */
  #opening = 0;
  /** Where the offsets of blocks count from. */
  #origin = 0;
  #offset: number;
  #blocks: number;
  #failure: MslError | undefined;
  #closed = false;
  /** What the sink was given last. */
  #handedOver: Promise<void> = Promise.resolve();

  constructor(sink: Sink, { headerBytes, offset, blocks, links, seal }: EmitterState) {
    this.#sealed = seal && new SealedSink(sink, seal);
    this.#output = new GatheringSink(this.#sealed ?? sink);
    this.#links = links;
    this.#header = headerBytes;
    this.#offset = offset;
    this.#blocks = blocks;
  }

  /** Bytes of complete blocks, and of what stands before and behind them. */
  get offset(): number {
    return this.#offset;
  }

  /** FileHash of what has been written; of a capture without blocks too. */
  fileHash(): Uint8Array {
    return this.#links.fileHash();
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
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
    this.#sealed?.discard();
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
    await this.#open();
    const length = BLOCK_HEADER_SIZE + start.payloadLength;
    this.#sealed?.requireRoom(length, start.type === BlockType.EndOfCapture ? 0 : BLOCK_HEADER_SIZE + END_OF_CAPTURE_SIZE);
    const header = this.#blockHeader(start);
    const at = this.#offset + this.#opening;
    try {
      this.#requireOpen();
      await this.#links.beginBlock(length);
      await this.#append(header);
      for await (const piece of payload) await this.#append(piece);
      this.#requireOpen();
      await this.#sent(this.#output.flush());
    } catch (error) {
      throw this.fail(error);
    }
    this.#offset = at + length;
    this.#opening = 0;
    return { index: this.#blocks++, offset: at - this.#origin, length, uuid: start.uuid, flags: start.flags };
  }

  /** Behind the last block: an encrypted capture ends in its tag. */
  async finish(): Promise<void> {
    try {
      if (this.#sealed) this.#offset += await this.#sealed.finish();
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** A block that is being written stays incomplete; the sink is closed when it has taken what it was given. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#handedOver.catch(() => {});
    this.#links.release();
    await this.#output.close();
  }

  /** Puts what stands before the first block there: the header, and in an encrypted capture the KEM ciphertext. */
  async #open(): Promise<void> {
    if (!this.#header) return;
    try {
      if (this.#sealed) {
        const opening = await this.#sealed.open(this.#header);
        this.#links.update(opening);
        this.#opening = opening.length;
        this.#origin = opening.length;
      } else {
        await this.#output.write(this.#header);
        this.#opening = this.#header.length;
      }
      this.#header = undefined;
    } catch (error) {
      throw this.fail(error);
    }
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#requireOpen();
    this.#links.update(bytes);
    await this.#sent(this.#output.write(bytes));
  }

  #sent(handedOver: Promise<void>): Promise<void> {
    this.#handedOver = handedOver;
    return handedOver;
  }

  #requireOpen(): void {
    if (this.#closed) throw new MslError("closed", "The writer was closed while a block was being written");
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
