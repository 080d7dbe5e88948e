/**
 * Long synchronous work in slices, so that timers, input and abort signals are heard in between. Every loop whose length a capture
 * decides takes one:
 *
 *     const slice = new TimeSlice(signal);
 *     for (...) {
 *       if (slice.isSpent()) await slice.renew();
 *       ...
 *     }
 */
import { pause } from "#pause";
import { throwIfAborted } from "../errors.js";

/** Milliseconds of work between two pauses: a signal is heard within 100 ms on a machine that is also busy with other work. */
const SLICE_MS = 20;
/** Units of work between two looks at the clock. */
const UNITS_PER_LOOK = 256;
/** Units of work after which a slice is spent whatever the clock says: in workerd it stands still while code runs. */
const UNITS_PER_SLICE = 1 << 18;

export class TimeSlice {
  readonly #signal: AbortSignal | undefined;
  #started = performance.now();
  #units = 0;
  #unitsAtNextLook = UNITS_PER_LOOK;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /**
   * Counts `units` of work (one is about a microsecond; larger units for larger steps) and returns whether it is time to `renew`. Costs
   * next to nothing, so that it can stand in any loop.
   */
  isSpent(units = 1): boolean {
    this.#units += units;
    if (this.#units < this.#unitsAtNextLook) return false;
    this.#unitsAtNextLook = this.#units + UNITS_PER_LOOK;
    return this.#units >= UNITS_PER_SLICE || performance.now() - this.#started >= SLICE_MS;
  }

  /** Lets other work of the event loop run, and begins the next slice. Throws `aborted` when the signal has fired. */
  async renew(): Promise<void> {
    await pause();
    throwIfAborted(this.#signal);
    this.#units = 0;
    this.#unitsAtNextLook = UNITS_PER_LOOK;
    this.#started = performance.now();
  }
}
