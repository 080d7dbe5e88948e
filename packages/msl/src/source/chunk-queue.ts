/**
 * The bytes of a stream that have arrived and have not been taken: a queue that holds little more than one chunk; and an encrypted stream, which is kept
 * in memory up to a limit, because it is read twice.
 */

import { ByteViews, concatenated, ownBytes, viewOf } from "../bytes.js";
import { MslError, throwIfAborted } from "../errors.js";
import { DEFAULT_LIMITS } from "../options/limits.js";
import { bytesOf, described, isBlob, isUint8Array } from "../tags.js";
import { untilAborted } from "./cancellable-work.js";
import { BytesSource, requireReadable, type Source } from "./source.js";
import { TimeSlice } from "./time-slice.js";

/** Chunks of any size: a `ReadableStream` of the web platform, a Node stream, a generator or another iterable; or all bytes at once. */
export type ChunkInput =
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | Uint8Array
  | ArrayBuffer
  | Blob;

/** Bytes that are copied at once, for the payloads that are taken next: a copy for each small payload would take as long as decoding it. */
const COPIED_BYTES = 64 * 1024;
/** Units of work of a chunk, for a stream whose chunks are all there: it never waits. */
const UNITS_PER_CHUNK = 16;

/** Bytes that were taken: they begin at `at` in a copy, of which `views` makes views. */
export interface ArrivedBytes {
  readonly views: ByteViews;
  readonly at: number;
}

/**
 * The source of a stream may use the memory of a chunk again as soon as it is asked for the next one. So the bytes that are held then are copies; they
 * are never more than `peek` was asked for.
 */
export class ChunkQueue {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #onChunk: ((chunk: Uint8Array) => Promise<void>) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #slice: TimeSlice;
  /** The bytes from `#at` on have not been taken. A view of them for each take would cost as much as a small payload. */
  #current: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Of the copy from which bytes were taken last. */
  #views = new ByteViews(this.#current);
  /** Whether `#current` is a copy, which stays as it is when the next chunk arrives. */
  #isCopy = true;
  /** The rest of the chunk, behind bytes of it that were copied to `#current`. */
  #rest: Uint8Array | undefined;
  #ended = false;
  /** Whether a chunk was asked for and has not arrived. */
  #waiting = false;
  #offset = 0;

  /** `onChunk`: called with each chunk when it has arrived, before any of its bytes can be taken. */
  constructor(input: ChunkInput, signal?: AbortSignal, onChunk?: (chunk: Uint8Array) => Promise<void>) {
    this.#chunks = iteratorOf(input);
    this.#onChunk = onChunk;
    this.#signal = signal;
    this.#slice = new TimeSlice(signal);
  }

  /** Offset in the stream of the next byte to take. */
  get offset(): number {
    return this.#offset;
  }

  /** The bytes that have arrived: at least `wanted` of them, unless the stream ends before. They are not taken. */
  async peek(wanted: number): Promise<Uint8Array> {
    if (this.#contiguous < wanted) await this.#gather(wanted);
    return this.#current.subarray(this.#at);
  }

  /** Takes the next bytes, up to `most`; empty at the end of the stream. A view of the chunk. */
  async take(most: number): Promise<Uint8Array> {
    while (this.#contiguous === 0 && most > 0) {
      const chunk = await this.#pull();
      if (!chunk) break;
      this.#hold(chunk, false);
    }
    const piece = this.#current.subarray(this.#at, this.#at + most);
    this.drop(piece.length);
    return piece;
  }

  /** Takes the next `length` bytes, or fewer at the end of the stream: a copy. Memory for them is allocated as they arrive. */
  async takeWhole(length: number): Promise<Uint8Array> {
    if (this.#contiguous < length) await this.#gather(length);
    const taken = Math.min(length, this.#contiguous);
    const arrived = this.takeArrived(taken);
    return arrived ? arrived.views.view(arrived.at, arrived.at + taken) : new Uint8Array(0);
  }

  /** Whether `length` bytes can be taken at once. */
  hasArrived(length: number): boolean {
    return this.#contiguous >= length || this.#arrived >= length;
  }

  /** Takes `length` bytes if as many have arrived: in a copy, which other payloads share. */
  takeArrived(length: number): ArrivedBytes | undefined {
    if (!this.hasArrived(length)) return undefined;
    if (!this.#isCopy || this.#contiguous < length) this.#copy(Math.min(Math.max(length, COPIED_BYTES), this.#arrived));
    if (this.#views.bytes !== this.#current) this.#views = new ByteViews(this.#current);
    const taken = { views: this.#views, at: this.#at };
    this.drop(length);
    return taken;
  }

  /** Drops `length` bytes if as many have arrived, and returns whether they have. */
  dropArrived(length: number): boolean {
    if (!this.hasArrived(length)) return false;
    this.drop(length);
    return true;
  }

  /** Takes bytes that have arrived. */
  drop(length: number): void {
    this.#at += length;
    this.#offset += length;
    if (this.#rest && this.#at >= this.#current.length) {
      const over = this.#at - this.#current.length;
      this.#hold(this.#rest, false);
      this.#at = over;
    }
  }

  /** The number of bytes in `#current` that have not been taken. */
  get #contiguous(): number {
    return Math.max(0, this.#current.length - this.#at);
  }

  get #arrived(): number {
    return this.#contiguous + (this.#rest?.length ?? 0);
  }

  #hold(bytes: Uint8Array, isCopy: boolean, rest?: Uint8Array): void {
    this.#current = bytes;
    this.#at = 0;
    this.#isCopy = isCopy;
    this.#rest = rest && rest.length > 0 ? rest : undefined;
  }

  /** Copies the next `length` bytes, which have arrived. Bytes behind them stay in the chunk. */
  #copy(length: number): void {
    const next = this.#current.subarray(this.#at);
    const more = length - next.length;
    const rest = this.#rest ?? new Uint8Array(0);
    if (more <= 0) this.#hold(ownBytes(next.subarray(0, length)), true, next.subarray(length));
    else this.#hold(concatenated([next, rest.subarray(0, more)]), true, rest.subarray(more));
  }

  /** Waits until `wanted` bytes have arrived, and copies them to one array. It grows as bytes arrive, since a capture may claim any length. */
  async #gather(wanted: number): Promise<void> {
    let bytes = new Uint8Array(0);
    let length = 0;
    const add = (chunk: Uint8Array) => {
      const part = chunk.subarray(0, wanted - length);
      if (length + part.length > bytes.length) {
        const longer = new Uint8Array(Math.min(wanted, Math.max(length + part.length, 2 * bytes.length)));
        longer.set(viewOf(bytes, 0, length));
        bytes = longer;
      }
      bytes.set(part, length);
      length += part.length;
      return chunk.subarray(part.length);
    };
    let rest = add(this.#current.subarray(this.#at));
    if (this.#rest) rest = add(this.#rest);
    try {
      while (length < wanted) {
        const chunk = await this.#pull();
        if (!chunk) break;
        rest = add(chunk);
      }
    } finally {
      this.#hold(viewOf(bytes, 0, length), true, rest);
    }
  }

  /** Tells the stream that nothing more will be read. */
  async cancel(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const ended = this.#chunks.return?.();
    // A generator that waits for its next chunk ends only when that chunk arrives, which may be never.
    if (this.#waiting) Promise.resolve(ended).catch(() => {});
    else await ended;
  }

  /** The next chunk, or undefined at the end. */
  async #pull(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    throwIfAborted(this.#signal);
    if (this.#at > this.#current.length) throw takenAway(this.#offset);
    if (this.#slice.isSpent(UNITS_PER_CHUNK)) await this.#slice.renew();
    const next = await this.#next();
    if (next.done) {
      this.#ended = true;
      return undefined;
    }
    const chunk = isUint8Array(next.value) ? bytesOf(next.value) : undefined;
    if (chunk) {
      if (this.#onChunk) await this.#onChunk(chunk);
      return chunk;
    }
    const message = `The stream must yield Uint8Array chunks, and not ${described(next.value)}`;
    throw new MslError("usage", message, { offset: this.#offset });
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await untilAborted(this.#ask(), this.#signal);
    } catch (cause) {
      throwIfAborted(this.#signal);
      this.#ended = true;
      // A stream made from a capture fails with errors of this library, which say more.
      if (cause instanceof MslError) throw cause;
      const offset = this.#offset + this.#arrived;
      throw new MslError(
        "source",
        `The stream failed at offset ${offset}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { offset, cause },
      );
    }
  }

  async #ask(): Promise<IteratorResult<Uint8Array>> {
    this.#waiting = true;
    try {
      return await this.#chunks.next();
    } finally {
      this.#waiting = false;
    }
  }
}

/** The bytes behind `offset` are lost. */
function takenAway(offset: number): MslError {
  const message =
    "The memory of a chunk was transferred before all of its bytes were read; transfer copies of pieces and payloads";
  return new MslError("source", message, { offset });
}

/** Bytes are a stream of one chunk. A text is refused: it could be a path or the content. */
function iteratorOf(input: ChunkInput): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  const bytes = bytesOf(input);
  if (bytes) return [bytes][Symbol.iterator]();
  if (isBlob(input)) return iteratorOf(requireReadable(input).stream());
  if (typeof input === "object" && input !== null) {
    const stream = input as Exclude<ChunkInput, Uint8Array | ArrayBuffer | Blob>;
    if (Symbol.asyncIterator in stream) return stream[Symbol.asyncIterator]();
    if (Symbol.iterator in stream) return stream[Symbol.iterator]();
    if ("getReader" in stream) return readableIterator(stream);
  }
  const expected = "expected a ReadableStream, a Node stream, an iterable of Uint8Array chunks, bytes or a Blob";
  throw new MslError(
    "usage",
    `A stream cannot be read from ${described(input)}, ${expected}; paths and URLs go to openCapture or verifyCapture`,
  );
}

/** For runtimes in which a ReadableStream is not an async iterable. */
async function* readableIterator(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

export interface CollectOptions {
  /**
   * Most bytes of an encrypted stream. All of it is kept in memory until its tag has been verified. Default 256 MiB. A larger stream has to be
   * written to a file and opened from there.
   */
  readonly encryptedStreamLimit?: number;
}

/** The rest of the stream as a source. Throws `limit`. */
export async function collectStream(
  queue: ChunkQueue,
  { encryptedStreamLimit: limit = DEFAULT_LIMITS.encryptedStreamLimit }: CollectOptions,
): Promise<Source> {
  const pieces: Uint8Array[] = [];
  let collected = 0;
  for (let piece = await queue.take(limit + 1); piece.length > 0; piece = await queue.take(limit + 1)) {
    collected += piece.length;
    if (collected > limit) {
      const message = `The stream is an encrypted capture of more than ${limit} bytes, which cannot be kept in memory until it is authenticated; write it to a file and open that, or raise encryptedStreamLimit`;
      throw new MslError("limit", message, { offset: queue.offset });
    }
    pieces.push(new Uint8Array(piece));
  }
  return new BytesSource(concatenated(pieces));
}
