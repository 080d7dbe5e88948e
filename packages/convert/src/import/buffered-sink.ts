/**
 * A sink that copies what it is given into large arrays, and writes them while the next ones are filled. The thread that hashes a capture then seldom waits for the file: a
 * wait for each 256 KiB takes longer than writing them where processors are busy. Zeros, most of a dump with holes, are handed on without a copy.
 */
import type { FlushPolicy, Sink } from "@memslice/msl";
import { isZeroFilled } from "@memslice/msl/work";

/** Bytes of an array: as many as one call of the system writes. */
const ARRAY_BYTES = 1024 * 1024;
/** One is filled, one is being written, and one bridges the time until a write is noticed. */
const ARRAYS = 3;
/** Shorter runs of zeros are copied like all bytes. */
const ZEROS_LEAST = 4096;
/** What the sink may have to do at a time: runs of zeros take no array, and are to wait for the sink as well. */
const WAITING_MOST = 2 * ARRAYS;

/** The sink itself if it keeps what it is given, or is to have each block at once. */
export function buffered(sink: Sink): Sink {
  return sink.keepsBytes === false && sink.flushPolicy !== "block" ? new BufferedSink(sink) : sink;
}

class BufferedSink implements Sink {
  readonly keepsBytes = false;
  readonly flushPolicy: FlushPolicy = "gathered";
  readonly largestWrite = ARRAY_BYTES;
  /** What is given is copied, or known to be zeros. */
  readonly takesShared = true;
  readonly #zeros = new Uint8Array(isZeroFilled ? ARRAY_BYTES : 0);
  readonly #sink: Sink;
  readonly #free: Uint8Array[] = Array.from({ length: ARRAYS }, () => new Uint8Array(ARRAY_BYTES));
  #array: Uint8Array | undefined;
  #filled = 0;
  /** What the sink has still to do, in order. Each follows from the one before: after a failure all fail. */
  readonly #waiting: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();

  /** Closes `sink` when it is closed. */
  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Returns a promise if no array is free. Throws what the sink threw at bytes before. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#waiting.length >= WAITING_MOST) return this.#writeLater(bytes);
    if (bytes.length >= ZEROS_LEAST && bytes.length <= this.#zeros.length && isZeroFilled?.(bytes)) {
      this.#hand();
      this.#then(async () => this.#sink.write(this.#zeros.subarray(0, bytes.length)));
      return undefined;
    }
    for (let done = 0; done < bytes.length; ) {
      this.#array ??= this.#free.pop();
      if (!this.#array) return this.#writeLater(bytes.subarray(done));
      const part = bytes.subarray(done, done + ARRAY_BYTES - this.#filled);
      this.#array.set(part, this.#filled);
      this.#filled += part.length;
      done += part.length;
      if (this.#filled === ARRAY_BYTES) this.#hand();
    }
    return undefined;
  }

  /** Has the sink flush what it has been given up to here. A failure is thrown by a later call. */
  flush(): void {
    this.#hand();
    if (this.#sink.flush) this.#then(async () => this.#sink.flush?.());
  }

  async close(): Promise<void> {
    try {
      this.#hand();
      await this.#last;
    } finally {
      await this.#sink.close?.();
    }
  }

  async #writeLater(bytes: Uint8Array): Promise<void> {
    while (this.#free.length === 0 || this.#waiting.length >= WAITING_MOST) await this.#waiting[0];
    await this.write(bytes);
  }

  #hand(): void {
    const array = this.#array;
    if (!array || this.#filled === 0) return;
    const full = array.subarray(0, this.#filled);
    this.#array = undefined;
    this.#filled = 0;
    this.#then(async () => {
      await this.#sink.write(full);
      this.#free.push(array);
    });
  }

  #then(work: () => Promise<void>): void {
    const done = this.#last.then(work).then(() => void this.#waiting.shift());
    // Awaited later: without a handler, a rejection until then would be reported as unhandled.
    done.catch(() => {});
    this.#waiting.push(done);
    this.#last = done;
  }
}
