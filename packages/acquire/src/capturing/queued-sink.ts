/**
 * Lets the writer go on while the sink writes: bytes wait here, and all that wait are written by one call. Waking a thread for each array of the writer, 256 KiB,
 * takes longer than writing it. Page data is not copied: it stays in the buffers of the capture until it is written.
 */
import { setImmediate as turnOfEventLoop } from "node:timers/promises";
import type { FlushPolicy, Sink, SinkInput } from "@memslice/msl";

/** Bytes of copies that may wait: those of headers, page maps and the ends of blocks. */
const COPIES_MOST = 2 * 1024 * 1024;
/** Bytes after which the event loop has a turn, so that the next call of the sink, and the next read, are not late. */
const BYTES_PER_TURN = 1024 * 1024;

/** Somebody who waits until the sink has written a number of bytes. */
interface Waiter {
  readonly bytes: number;
  readonly resolve: () => void;
}

/** Whether the sink is done with bytes when it has written them, so that buffers can be used again. */
export function lendsBytes(sink: SinkInput): sink is Sink {
  return "keepsBytes" in sink && sink.keepsBytes === false;
}

/** A sink whose `write` returns before the bytes are written. It has copied them then, or they are lent. */
export class QueuedSink implements Sink {
  readonly flushPolicy: FlushPolicy | undefined;
  readonly keepsBytes = false;
  readonly takesShared: boolean;
  /** The native hash takes less time for 4 MiB than for 16 times 256 KiB. */
  readonly largestWrite = 4 * 1024 * 1024;
  readonly #sink: Sink;
  readonly #isLent: (bytes: Uint8Array) => boolean;
  #queue: Uint8Array[] = [];
  /** Bytes of copies in the queue. */
  #copied = 0;
  #sinceTurn = 0;
  /** Bytes that were put into the queue, and bytes that the sink has written. */
  #taken = 0;
  #done = 0;
  readonly #waiters: Waiter[] = [];
  /** Settles when the queue is empty; never rejects. */
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `sink` does not keep bytes. `isLent`: whether bytes stay as they are until `written` has resolved. */
  constructor(sink: Sink, isLent: (bytes: Uint8Array) => boolean) {
    this.#sink = sink;
    this.flushPolicy = sink.flushPolicy;
    this.takesShared = sink.takesShared ?? false;
    this.#isLent = isLent;
  }

  /** Throws the error of an earlier call of the sink. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#requireSuccess();
    this.#add(bytes);
    this.#writing ??= this.#writeQueue();
    if (this.#copied > COPIES_MOST) return this.written();
    this.#sinceTurn += bytes.length;
    if (this.#sinceTurn < BYTES_PER_TURN) return undefined;
    this.#sinceTurn = 0;
    return turnOfEventLoop();
  }

  /** Resolves when the sink has written all bytes so far. Throws its error. */
  async written(): Promise<void> {
    if (this.#done < this.#taken && !this.#failure) {
      await new Promise<void>((resolve) => {
        this.#waiters.push({ bytes: this.#taken, resolve });
      });
    }
    this.#requireSuccess();
  }

  /** Closes the sink when it has written everything. Throws its error, also one that a call has thrown. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#sink.close?.();
    this.#requireSuccess();
  }

  #requireSuccess(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Lent bytes that follow each other in one buffer become one array. */
  #add(bytes: Uint8Array): void {
    this.#taken += bytes.length;
    if (!this.#isLent(bytes)) {
      this.#queue.push(bytes.slice());
      this.#copied += bytes.length;
      return;
    }
    const last = this.#queue.at(-1);
    const isNext = last?.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset;
    if (isNext) this.#queue.pop();
    this.#queue.push(isNext ? new Uint8Array(bytes.buffer, last.byteOffset, last.length + bytes.length) : bytes);
  }

  async #writeQueue(): Promise<void> {
    // The rest begins when `write` has returned, and knows the promise of this.
    await null;
    try {
      while (this.#queue.length > 0) {
        const parts = this.#queue;
        const taken = this.#taken;
        this.#queue = [];
        this.#copied = 0;
        await this.#writeParts(parts);
        this.#done = taken;
        this.#wake((bytes) => bytes <= taken);
      }
    } catch (error) {
      this.#failure = { error };
      this.#queue = [];
      this.#wake(() => true);
    }
    this.#writing = undefined;
  }

  async #writeParts(parts: readonly Uint8Array[]): Promise<void> {
    if (this.#sink.writev) await this.#sink.writev(parts);
    else for (const part of parts) await this.#sink.write(part);
    await this.#sink.flush?.();
  }

  #wake(isDue: (bytes: number) => boolean): void {
    for (let [first] = this.#waiters; first && isDue(first.bytes); [first] = this.#waiters) {
      this.#waiters.shift();
      first.resolve();
    }
  }
}
