/**
 * Writes the file header and the blocks one after the other, linked by their hashes or encrypted. Once a block has begun, it is completed or
 * the writer has failed for good.
 */
import { ownBytes } from "../bytes.js";
import { MslError } from "../errors.js";
import {
  BLOCK_HEADER,
  BLOCK_HEADER_SIZE,
  BLOCK_LENGTH_OFFSET,
  BLOCK_MAGIC,
  BLOCK_UUID_OFFSET,
  END_OF_CAPTURE_SIZE,
  PREV_HASH_OFFSET,
} from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import { encodeLayout } from "../format/layout/encode.js";
import { NIL_UUID, uuidBytesInto } from "../format/layout/uuid-text.js";
import { type Eventual, whenDone } from "./call-queue.js";
import { GatheringSink } from "./gathering-sink.js";
import type { HashLinks } from "./hash-links.js";
import { SealedSink, type SealOrder } from "./sealed-sink.js";
import type { FlushPolicy, Sink } from "./sink.js";

/** Most payload bytes that BlockLength can express. */
export const PAYLOAD_MOST = 2 ** 32 - 1 - BLOCK_HEADER_SIZE;
const PAYLOAD_VERSION = 1;
/** Pieces up to this length are copied when they are seen, so that the next one can be asked for. */
const LEAD_COPIED_BYTES = 16 * 1024;
/** Most bytes of pieces that are copied. */
const LEAD_COPIED_MOST = 256 * 1024;

/** The fields of a block header that the emitter does not compute itself. */
export interface BlockStart {
  readonly type: number;
  readonly flags: number;
  readonly uuid: string;
  readonly parentUuid: string | undefined;
  /** Bytes of the payload as it is stored. */
  readonly payloadLength: number;
  /** PayloadVersion. Default 1, the only one that the specification defines. */
  readonly payloadVersion?: number;
}

/** A complete block (specification: block header). */
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
  readonly links: HashLinks;
  readonly seal: SealOrder | undefined;
  readonly flush: FlushPolicy;
  /** Called when the writer fails for good; maybe more than once. */
  readonly onFailure: () => void;
}

/** The header of the last block. */
interface EncodedHeader {
  readonly of: BlockStart;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export class BlockEmitter {
  readonly #output: GatheringSink;
  readonly #sealed: SealedSink | undefined;
  readonly #links: HashLinks;
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
  #lastHeader: EncodedHeader | undefined;
  /** Settles when the output's last write or flush has ended; never rejects. `close` waits for it. */
  #pending: Promise<void> = Promise.resolve();
  /** Settles when the sink has taken, or refused, the complete blocks that the failure of the writer left. */
  #leftover: Promise<void> | undefined;

  constructor(sink: Sink, { headerBytes, offset, blocks, links, seal, flush, onFailure }: EmitterState) {
    this.#sealed = seal && new SealedSink(sink, seal);
    this.#output = new GatheringSink(this.#sealed ?? sink, sink.flushPolicy === "block" ? "block" : flush);
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
  async fileHash(): Promise<Uint8Array> {
    await this.#settleHashes();
    return this.#links.fileHash();
  }

  /** Throws `closed` after a failure. */
  requireWorking(): void {
    if (!this.#failure) return;
    throw new MslError("closed", `The writer has failed and takes no more: ${this.#failure.message}`, { cause: this.#failure });
  }

  /**
   * Fails the writer for good: the file ends in an incomplete block, or lacks a block that others refer to. Has complete blocks that have gathered
   * handed over, unless they are to be encrypted: without its tag an encrypted capture cannot be opened. If the sink does not take them, `close`
   * throws its error. Returns the error as MslError.
   */
  fail(error: unknown): MslError {
    const reason = error instanceof MslError ? error : new MslError("source", String(error), { cause: error });
    if (this.#sealed) this.#output.discard();
    else if (!this.#failure && !this.#closed) this.#leftover = this.#note(this.#output.handOverComplete());
    this.#failure ??= reason;
    this.#sealed?.discard();
    this.#links.release();
    this.#onFailure();
    return reason;
  }

  /**
   * Writes a block whose payload is at hand; it may be changed when this method has returned. Returns a promise if the sink, or the preparation of
   * a hash, takes time. An error after the first byte fails the writer for good.
   */
  emitWhole(start: BlockStart, payload: Uint8Array): Eventual<WrittenBlock> {
    this.#requireFits(start);
    const length = BLOCK_HEADER_SIZE + start.payloadLength;
    const isOpen = !this.#sealed || this.#sealed.isOpen;
    if (!isOpen || !this.#output.takesWhole(length) || !this.#links.isReadyFor(length))
      return this.emit(start, [ownBytes(payload)]);
    this.#openPlain();
    this.#requireRoom(start.type, length);
    const room = this.#output.hasRoom(length) ? undefined : this.#attempt(() => this.#output.flush());
    if (!room) return this.#takeWhole(start, payload);
    const own = ownBytes(payload);
    return room.then(() => this.#takeWhole(start, own));
  }

  /**
   * Writes a block whose payload comes in pieces, `payloadLength` bytes in all. An error after the first byte fails the writer for good,
   * because BlockLength is written already.
   */
  async emit(start: BlockStart, payload: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<WrittenBlock> {
    this.#requireFits(start);
    await this.#open();
    const length = BLOCK_HEADER_SIZE + start.payloadLength;
    this.#requireRoom(start.type, length);
    const { pieces, lead } = this.#links.takesAhead(length) ? await seenUpToLead(payload) : { pieces: payload };
    await this.#settleHashes(lead && (() => this.#links.takeAhead(length, BLOCK_HEADER_SIZE + lead.before, lead.bytes)));
    this.#requireOpen();
    const header = this.#headerBytes(start);
    try {
      await this.#links.beginBlock(length);
      await this.#append(header);
      for await (const piece of pieces) await this.#append(piece);
      this.#requireOpen();
      await this.#note(this.#output.endBlock());
    } catch (error) {
      const reason = this.fail(error);
      await this.#pending;
      await this.#output.idle();
      throw reason;
    }
    return this.#completed(start);
  }

  /** Hands over the blocks that have gathered. */
  async flush(): Promise<void> {
    await this.#attempt(() => this.#output.handOverComplete());
  }

  /** Writes the tag behind the last block of an encrypted capture. */
  async finish(): Promise<void> {
    try {
      if (this.#sealed) this.#offset += await this.#sealed.finish();
    } catch (error) {
      throw this.fail(error);
    }
  }

  /**
   * Hands over complete blocks, and closes the sink when it has taken them. A block that is being written stays incomplete. Throws an error of the
   * sink that no call has thrown.
   */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pending;
    this.#links.release();
    try {
      await this.#output.close();
      await this.#leftover;
    } catch (error) {
      if (error !== this.#failure) throw error;
    }
  }

  /** Writes the bytes before the first block: the file header, and in an encrypted capture the KEM ciphertext. */
  async #open(): Promise<void> {
    if (!this.#header || !this.#sealed) return this.#openPlain();
    try {
      const opening = await this.#sealed.open(this.#header);
      await this.#links.update(opening);
      this.#opening = opening.length;
      this.#origin = opening.length;
      this.#header = undefined;
    } catch (error) {
      throw this.fail(error);
    }
  }

  #openPlain(): void {
    if (!this.#header) return;
    this.#output.put(this.#header);
    this.#opening = this.#header.length;
    this.#header = undefined;
  }

  /** There is room for the block. */
  #takeWhole(start: BlockStart, payload: Uint8Array): Eventual<WrittenBlock> {
    this.#requireOpen();
    const header = this.#headerBytes(start);
    const taken = this.#attempt(() => {
      const at = this.#output.held;
      this.#output.put(header);
      this.#output.put(payload);
      this.#links.takeBlock(this.#output.from(at));
      return this.#output.endBlock();
    });
    return whenDone(taken, () => this.#completed(start));
  }

  #completed({ payloadLength, uuid, flags }: BlockStart): WrittenBlock {
    const offset = this.#offset + this.#opening;
    const length = BLOCK_HEADER_SIZE + payloadLength;
    this.#offset = offset + length;
    this.#opening = 0;
    return { index: this.#blocks++, offset: offset - this.#origin, length, uuid, flags };
  }

  /**
   * Hashes and writes part by part: the sink writes one part while the next one is hashed, and bytes that were just hashed are copied quickly. The
   * sink is done with the bytes when the promise resolves.
   */
  async #append(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      this.#requireOpen();
      const lent = this.#output.lendable(rest);
      const part = rest.subarray(0, lent || this.#output.room);
      rest = rest.subarray(part.length);
      await this.#links.update(part);
      this.#requireOpen();
      await this.#note(lent > 0 ? this.#output.lend(part) : this.#output.write(part));
    }
    await this.#output.returned();
  }

  /** Waits for hashes that workers compute. `settle`: another way to do that. */
  async #settleHashes(settle = () => this.#links.settle()): Promise<void> {
    try {
      await settle();
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** Runs work after which the writer fails for good if it throws. Returns a promise if the sink takes time. */
  #attempt(work: () => Promise<void> | undefined): Promise<void> | undefined {
    try {
      return this.#note(work()?.catch((error) => this.#throwFailed(error)));
    } catch (error) {
      return this.#throwFailed(error);
    }
  }

  #throwFailed(error: unknown): never {
    throw this.fail(error);
  }

  /** Has `close` wait for the output. */
  #note(writing: Promise<void> | undefined): Promise<void> | undefined {
    if (writing) this.#pending = writing.catch(() => {});
    return writing;
  }

  #requireFits({ payloadLength }: BlockStart): void {
    this.requireWorking();
    if (payloadLength <= PAYLOAD_MOST) return;
    throw new MslError("limit", `A payload of ${payloadLength} bytes does not fit a block, which holds ${PAYLOAD_MOST}`);
  }

  /** Throws `limit` if the cipher would leave no room for End-of-Capture. */
  #requireRoom(type: number, length: number): void {
    const reserve = type === BlockType.EndOfCapture ? 0 : BLOCK_HEADER_SIZE + END_OF_CAPTURE_SIZE;
    this.#sealed?.requireRoom(length, reserve, this.#output.held);
  }

  #requireOpen(): void {
    if (this.#closed) throw new MslError("closed", "The writer was closed while a block was being written");
  }

  /** The block header, valid until the next call. Blocks of one type that follow each other mostly differ in three fields. */
  #headerBytes(start: BlockStart): Uint8Array {
    const { type, flags, uuid, parentUuid = NIL_UUID, payloadLength, payloadVersion = PAYLOAD_VERSION } = start;
    const length = BLOCK_HEADER_SIZE + payloadLength;
    const { prevHash } = this.#links;
    const last = this.#lastHeader;
    const isAlike =
      last?.of.type === type &&
      last.of.flags === flags &&
      last.of.parentUuid === start.parentUuid &&
      last.of.payloadVersion === start.payloadVersion;
    if (isAlike && uuidBytesInto(uuid, last.bytes, BLOCK_UUID_OFFSET)) {
      last.view.setUint32(BLOCK_LENGTH_OFFSET, length, true);
      last.bytes.set(prevHash, PREV_HASH_OFFSET);
      return last.bytes;
    }
    const fields = { magic: BLOCK_MAGIC, type, flags, length, payloadVersion, uuid, parentUuid, prevHash };
    const bytes = encodeLayout(BLOCK_HEADER, fields);
    this.#lastHeader = { of: start, bytes, view: new DataView(bytes.buffer) };
    return bytes;
  }
}

/** A piece of a payload. */
interface LeadingPiece {
  /** Bytes of the pieces before it. */
  readonly before: number;
  /** Valid until the next piece is asked for. */
  readonly bytes: Uint8Array;
}

/** A payload, of which pieces may have been seen. */
interface SeenPayload {
  /** All pieces. */
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Undefined if the payload has no long piece, or it comes too late. */
  readonly lead: LeadingPiece | undefined;
}

/** Asks for pieces up to the first long one, before the turn of the payload has come. An error is thrown when the piece has its turn that cannot be made. */
async function seenUpToLead(payload: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<SeenPayload> {
  const rest = Symbol.asyncIterator in payload ? payload[Symbol.asyncIterator]() : payload[Symbol.iterator]();
  const seen: Uint8Array[] = [];
  let before = 0;
  let last: Promise<IteratorResult<Uint8Array>> | undefined;
  const pieces = () => inTurn(seen, last, rest);
  while (before <= LEAD_COPIED_MOST) {
    last = Promise.resolve(rest.next());
    const next = await last.catch(() => undefined);
    if (!next || next.done) break;
    last = undefined;
    const bytes = next.value;
    seen.push(bytes.length > LEAD_COPIED_BYTES ? bytes : ownBytes(bytes));
    if (bytes.length > LEAD_COPIED_BYTES) return { pieces: pieces(), lead: { before, bytes } };
    before += bytes.length;
  }
  return { pieces: pieces(), lead: undefined };
}

/** `last`: the end or an error behind the pieces that were seen; undefined if `rest` may have more. */
async function* inTurn(
  seen: Iterable<Uint8Array>,
  last: Promise<IteratorResult<Uint8Array>> | undefined,
  rest: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* seen;
    for (let next = await (last ?? rest.next()); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
