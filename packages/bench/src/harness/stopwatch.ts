/** Wall-clock time less what the main thread waited for a processor while others had it: on a shared machine that says nothing about the work. */
import { secondsWaited } from "./waiting.js";

export class Stopwatch {
  readonly #start = process.hrtime.bigint();
  readonly #waitedBefore = secondsWaited();

  /** Seconds since it was made. */
  seconds(): number {
    // Asked for inside the time taken, so that no more is taken off than was added.
    const waited = secondsWaited() - this.#waitedBefore;
    return Number(process.hrtime.bigint() - this.#start) / 1e9 - waited;
  }
}
