/**
 * Writes the file header and the blocks one after the other, linked by their hashes or encrypted. Once a block has begun, it is completed or
 * the writer has failed for good.
 */
import { MslError } from "../errors.js";
import { BLOCK_HEADER, BLOCK_HEADER_SIZE, BLOCK_MAGIC, END_OF_CAPTURE_SIZE } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import { encodeLayout } from "../format/layout/encode.js";
import { NIL_UUID } from "../format/layout/uuid-text.js";
import type { Links } from "./hash-links.js";
import { SealedSink, type SealOrder } from "./sealed-sink.js";
import { GatheringSink, type Sink } from "./sink.js";

/** Most payload bytes that BlockLength can express. */
export const PAYLOAD_MOST = 2 ** 32 - 1 - BLOCK_HEADER_SIZE;
const PAYLOAD_VERSION = 1;

/** The fields of a block header that the emitter does not compute itself. */
export interface BlockStart {
  readonly type: number;
  readonly flags: number;
  readonly uuid: string;
  readonly parentUuid: string | undefined;
  /** Bytes of the payload as it is stored. */
  readonly payloadLength: number;
}

/** A complete block that the sink has taken (specification: block header). */
export interface WrittenBlock {
  /** Number of blocks before it. */
  readonly index: number;
  /** Offset of the block's magic in bytes, from the start of the file; in an encrypted capture from the first block, as readers count. */
  readonly offset: number;
  /** BlockLength: bytes of header and stored payload. */
  readonly length: number;
  /** BlockUUID. */
  readonly uuid: string;
  /** Block flags as in the header, a sum of the bits in `BlockFlag`. */
  readonly flags: number;
}

export interface EmitterState {
  /** The file header, which is written with the first block; undefined if the file has it already. */
  readonly headerBytes: Uint8Array | undefined;
  /** Bytes that the file has already. */
  readonly offset: number;
  readonly blocks: number;
  readonly links: Links;
  readonly seal: SealOrder | undefined;
  /** Called when the writer fails for good; maybe more than once. */
  readonly onFailure: () => void;
}

export class BlockEmitter {
  readonly #output: GatheringSink;
  readonly #sealed: SealedSink | undefined;
  readonly #links: Links;
  readonly #onFailure: () => void;
  #header: Uint8Array | undefined;
  /** Bytes before the first block, as long as that block is not complete. */
  #opening = 0;
  /** Offset in the file from which the offsets of blocks count. */
  #origin = 0;
  #offset: number;
  #blocks: number;
  #failure: MslError | undefined;
  #closed = false;
  /** The output's last write or flush, which `close` waits for. */
  #pending: Promise<void> = Promise.resolve();

  constructor(sink: Sink, { headerBytes, offset, blocks, links, seal, onFailure }: EmitterState) {
    this.#sealed = seal && new SealedSink(sink, seal);
    this.#output = new GatheringSink(this.#sealed ?? sink);
    this.#links = links;
    this.#onFailure = onFailure;
    this.#header = headerBytes;
    this.#offset = offset;
    this.#blocks = blocks;
  }

  /** Bytes of the file up to the end of its last complete block; of a finished encrypted capture, to the end of the tag. */
  get offset(): number {
    return this.#offset;
  }

  /** FileHash of all bytes so far. */
  fileHash(): Uint8Array {
    return this.#links.fileHash();
  }

  /** Throws `closed` after a failure. */
  requireWorking(): void {
    if (!this.#failure) return;
    throw new MslError("closed", `The writer has failed and takes no more: ${this.#failure.message}`, { cause: this.#failure });
  }

  /** Fails the writer for good: the file ends in an incomplete block, or lacks a block that others refer to. Returns the error as MslError. */
  fail(error: unknown): MslError {
    const reason = error instanceof MslError ? error : new MslError("source", String(error), { cause: error });
    this.#failure ??= reason;
    this.#sealed?.discard();
    this.#onFailure();
    return reason;
  }

  /**
   * Writes a block whose payload comes in pieces, `payloadLength` bytes in all. An error after the first byte fails the writer for good,
   * because BlockLength is written already.
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
      this.#pending = this.#output.flush();
      await this.#pending;
    } catch (error) {
      await this.#output.idle();
      throw this.fail(error);
    }
    this.#offset = at + length;
    this.#opening = 0;
    return { index: this.#blocks++, offset: at - this.#origin, length, uuid: start.uuid, flags: start.flags };
  }

  /** Writes the tag behind the last block of an encrypted capture. */
  async finish(): Promise<void> {
    try {
      if (this.#sealed) this.#offset += await this.#sealed.finish();
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** Closes the sink when it has taken the bytes that it was given. A block that is being written stays incomplete. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pending.catch(() => {});
    this.#links.release();
    await this.#output.close();
  }

  /** Writes the bytes before the first block: the file header, and in an encrypted capture the KEM ciphertext. */
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

  /** Hashes and writes part by part: the sink writes one part while the next one is hashed, and bytes that were just hashed are copied quickly. */
  async #append(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      this.#requireOpen();
      const part = rest.subarray(0, this.#output.room);
      this.#links.update(part);
      this.#pending = this.#output.write(part);
      await this.#pending;
      rest = rest.subarray(part.length);
    }
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
