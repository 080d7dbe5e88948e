/**
 * The payloads that one call of the writer is going to write. A payload is made either when the call asks for it, or ahead of the call's
 * turn, so that several payloads are compressed in parallel; a semaphore then bounds how many are in memory.
 */

/** A payload as it is stored in a block. */
export interface BlockPayload {
  /** Bytes in all pieces. */
  readonly length: number;
  /** The bits Compressed and CompAlgo of the block's flags. */
  readonly flags: number;
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** A payload that has been asked for; it may still be in a worker. */
export interface PendingPayload {
  /** Rejects with the reason why the payload cannot be stored. */
  readonly payload: Promise<BlockPayload>;
  /** Gives back the memory that the payload was granted. Called exactly once: when it has been written, or is not going to be. */
  release(): void;
}

/**
 * Makes the payloads of a queue in order, and stops soon after the signal fires. The signal is passed as a function because an
 * AbortController takes more memory than most payloads, and most queues need none.
 */
export type MakePayloads = (signal: () => AbortSignal) => AsyncGenerator<PendingPayload, void>;

export class PayloadQueue {
  /** Resolves when all payloads have been made, or the queue was cancelled. */
  readonly finished: Promise<void>;
  readonly #count: number;
  readonly #payloads: AsyncGenerator<PendingPayload, void>;
  /** Payloads that were asked for and not taken yet. */
  readonly #made: Promise<IteratorResult<PendingPayload, void>>[] = [];
  /** The payload that is being written. */
  #taken: PendingPayload | undefined;
  #prefetching = false;
  #cancelled = false;
  #cancelling: AbortController | undefined;
  #finish: () => void = () => {};

  /** `make` yields `count` payloads. */
  constructor(count: number, make: MakePayloads) {
    this.#count = count;
    this.#payloads = make(() => this.#signal());
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Makes all payloads from now on, as fast as `make` yields them. */
  prefetch(): void {
    if (this.#prefetching || this.#cancelled) return;
    this.#prefetching = true;
    while (this.#made.length < this.#count) this.#askForNext();
    void this.#made
      .at(-1)
      ?.catch(() => {})
      .then(this.#finish);
  }

  /** Releases the payload before, which has been written, and returns the next one. Rejects with the reason why it cannot be made. */
  async next(): Promise<PendingPayload> {
    this.#taken?.release();
    this.#taken = undefined;
    if (this.#made.length === 0) this.#askForNext();
    const { value } = (await this.#made.shift()) ?? {};
    if (!value) throw new RangeError("A call writes more payloads than its queue has");
    // The caller may have stopped waiting, and `cancel` has not seen this payload.
    if (this.#cancelled) value.release();
    else this.#taken = value;
    return value;
  }

  /** Releases all payloads. Resolves when none is being made any more. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    this.#cancelling?.abort();
    this.#taken?.release();
    this.#taken = undefined;
    for (const made of this.#made.splice(0)) {
      await made.then(({ value }) => value?.release()).catch(() => {});
    }
    await this.#payloads.return();
    this.#finish();
  }

  #signal(): AbortSignal {
    this.#cancelling ??= new AbortController();
    if (this.#cancelled) this.#cancelling.abort();
    return this.#cancelling.signal;
  }

  #askForNext(): void {
    const next = this.#payloads.next();
    // `next` awaits the promise later, if at all: without a handler its rejection would be reported as unhandled.
    next.catch(() => {});
    this.#made.push(next);
  }
}

interface Waiter {
  readonly bytes: number;
  admit(): void;
}

/** A semaphore over the number of payloads in memory and their total size. Waiters acquire it in the order in which they came. */
export class PayloadSemaphore {
  readonly #mostBytes: number;
  readonly #mostPayloads: number;
  readonly #waiters: Waiter[] = [];
  #bytes = 0;
  #payloads = 0;

  constructor(mostBytes: number, mostPayloads: number) {
    this.#mostBytes = mostBytes;
    this.#mostPayloads = mostPayloads;
  }

  /** Admits a payload like `acquire` if it need not wait. Returns whether it is admitted. */
  acquireAtOnce(bytes: number): boolean {
    if (this.#waiters.length > 0 || !this.#fits(bytes)) return false;
    this.#bytes += bytes;
    this.#payloads++;
    return true;
  }

  /**
   * Waits until one more payload of `bytes` bytes may be held. A payload larger than the total size is admitted when no other one is held.
   * Rejects with the signal's reason when the signal fires.
   */
  acquire(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter = {
        bytes,
        admit: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      this.#waiters.push(waiter);
      this.#admitNext();
    });
  }

  /** `bytes`: the number with which the payload was admitted. */
  release(bytes: number): void {
    this.#bytes -= bytes;
    this.#payloads--;
    this.#admitNext();
  }

  #admitNext(): void {
    for (let [first] = this.#waiters; first && this.#fits(first.bytes); [first] = this.#waiters) {
      this.#waiters.shift();
      this.#bytes += first.bytes;
      this.#payloads++;
      first.admit();
    }
  }

  #fits(bytes: number): boolean {
    if (this.#payloads === 0) return true;
    return this.#payloads < this.#mostPayloads && this.#bytes + bytes <= this.#mostBytes;
  }
}
