/** Ends the wait for a server that sends nothing, or next to nothing. */

/** Fewer bytes than this in a whole period are no progress: a byte now and then would keep a request open for ever. */
const PROGRESS_BYTES = 4096;

export class StallTimer {
  readonly #period: number;
  readonly #onStall: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #received = 0;
  #stalled = false;

  /** Calls `onStall` once, when `period` milliseconds bring no progress. */
  constructor(period: number, onStall: () => void) {
    this.#period = period;
    this.#onStall = onStall;
    this.#start();
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  /** The head of an answer, or bytes of its body, have come. */
  received(bytes: number): void {
    this.#received += bytes;
    if (this.#received < PROGRESS_BYTES) return;
    this.#received = 0;
    this.stop();
    this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): void {
    this.#timer = setTimeout(() => {
      this.#stalled = true;
      this.#onStall();
    }, this.#period);
  }
}
