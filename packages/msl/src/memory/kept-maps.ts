/**
 * Results that regions keep in memory. Large page-state maps are kept up to a limit on their total size, of small ones those of a few regions: a small
 * map is quickly read again, and the objects around the maps of a hundred thousand regions would take much more than the maps.
 */
import { SharedWork } from "../source/shared-work.js";

/** A value that is read when it is first asked for: once for all who ask before it is there, and again after a failure. */
export class Remembered<T extends object> {
  /** Undefined before it was read. */
  value: T | undefined;
  #reading: SharedWork<T> | undefined;

  constructor(value?: T) {
    this.value = value;
  }

  /**
   * `read` gets a signal that fires when nobody waits for the value any more. With `own`, for a single reader, it gets the reader's own signal. A reader
   * without a signal waits to the end, so that `read` gets none.
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

/** Has results in memory that it can read again. */
export interface Forgetful {
  forget(): void;
}

/** A map of at least so many bytes is large. */
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
    // Moving an entry of a Map to its end leaves a hole, and holes make the Map copy itself: the newest one is not moved.
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
