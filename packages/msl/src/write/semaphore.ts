/** A semaphore over the number of payloads in memory and their total size. Waiters acquire it in the order in which they came. */

interface Waiter {
  readonly bytes: number;
  admit(): void;
}

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
