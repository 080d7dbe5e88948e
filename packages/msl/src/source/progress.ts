/** How far a verification has come, how fast it is, and how long it may still take. */

export interface VerifyProgress {
  readonly bytesDone: number;
  /** Undefined for a stream of unknown length. */
  readonly bytesTotal: number | undefined;
  /** The average since the start; 0 before anything was measured. */
  readonly bytesPerSecond: number;
  /** Estimated from that; undefined where the length or the speed is unknown. */
  readonly msLeft: number | undefined;
}

export class ProgressMeter {
  readonly #total: number | undefined;
  readonly #listener: ((progress: VerifyProgress) => void) | undefined;
  readonly #started = performance.now();

  constructor(total: number | undefined, listener: ((progress: VerifyProgress) => void) | undefined) {
    this.#total = total;
    this.#listener = listener;
  }

  report(bytesDone: number): void {
    if (!this.#listener) return;
    const elapsed = performance.now() - this.#started;
    const bytesPerSecond = elapsed > 0 ? (bytesDone / elapsed) * 1000 : 0;
    const bytesLeft = this.#total === undefined ? undefined : this.#total - bytesDone;
    const msLeft = bytesLeft === undefined || bytesPerSecond === 0 ? undefined : (bytesLeft / bytesPerSecond) * 1000;
    this.#listener({ bytesDone, bytesTotal: this.#total, bytesPerSecond, msLeft });
  }
}
