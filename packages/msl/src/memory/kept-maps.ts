/**
 * Results that regions keep in memory. Large page-state maps are kept up to a limit on their total size, small maps up to a limit on their number: a
 * small map is quickly read again, and for a hundred thousand small maps the objects around them would take much more memory than the maps.
 */
import { SharedWork } from "../source/cancellable-work.js";

/** A memoised asynchronous value. Callers that ask while the value is being read share one read. After a failure the next caller reads it again. */
export class Remembered<T extends object> {
  /** Undefined before it was read. */
  value: T | undefined;
  #reading: SharedWork<T> | undefined;

  constructor(value?: T) {
    this.value = value;
  }

  /**
   * `read` gets a signal that fires when nobody waits for the value any more. With `own`, for a value with a single reader, `read` gets the reader's
   * own signal. If the first reader has no signal, `read` gets none, since this reader waits to the end.
   */
  async get(read: (signal?: AbortSignal) => Promise<T>, signal: AbortSignal | undefined, own = false): Promise<T> {
    if (this.value) return this.value;
    if (!this.#reading || this.#reading.dead) {
      const keep = async (given?: AbortSignal) => {
        const value = await read(given);
        this.value = value;
        this.#reading = undefined;
        return value;
      };
      this.#reading = new SharedWork(own || signal === undefined ? keep(signal) : keep);
    }
    return this.#reading.join(signal);
  }
}

/** An object that holds results in memory, and can read them again after it forgot them. */
export interface Forgetful {
  forget(): void;
}

/** Size in bytes from which on a map is large. */
const LARGE = 4096;
const SMALL_MAPS_KEPT = 64;

export class KeptMaps {
  readonly #small = new LastUsed(SMALL_MAPS_KEPT);
  readonly #large: LastUsed;
  #newest: Forgetful | undefined;

  /** `largeBytes`: the limit on the total size of large maps. The large map used last is kept whatever its size. */
  constructor(largeBytes: number) {
    this.#large = new LastUsed(largeBytes);
  }

  /** Notes the use of a region whose map has `mapLength` bytes. Above the limit, the regions used longest ago forget their results. */
  use(region: Forgetful, mapLength: number): void {
    // The newest entry stays where it is: moving an entry to the end of a Map leaves a hole, and with many holes the Map copies itself.
    if (region === this.#newest) return;
    this.#newest = region;
    if (mapLength < LARGE) this.#small.use(region, 1);
    else this.#large.use(region, mapLength);
  }
}

/** A least-recently-used list with a limit on the sum of weights. */
class LastUsed {
  readonly #limit: number;
  /** Insertion order is the order of use. */
  readonly #weights = new Map<Forgetful, number>();
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  use(item: Forgetful, weight: number): void {
    const isKnown = this.#weights.delete(item);
    this.#weights.set(item, weight);
    if (!isKnown) this.#total += weight;
    for (const [oldest, released] of this.#weights) {
      if (this.#total <= this.#limit || oldest === item) break;
      this.#weights.delete(oldest);
      this.#total -= released;
      oldest.forget();
    }
  }
}
