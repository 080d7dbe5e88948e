/**
 * What regions keep of what they have read. Regions with large page-state maps keep theirs up to a number of bytes over all of them, of the others a
 * few do: a small map is soon read again, and what a hundred thousand regions keep besides would be much more than their maps.
 */
import { SharedWork } from "../source/shared-work.js";

/** A value that is read when somebody asks for it first, once for all who ask meanwhile, and again after a failure. */
export class Remembered<T extends object> {
  /** Undefined until it was read. */
  value: T | undefined;
  #reading: SharedWork<T> | undefined;

  constructor(value?: T) {
    this.value = value;
  }

  /**
   * `read` gets a signal that fires when nobody waits for it any more. With `own` it gets the reader's, who is the only one; and none where the reader
   * has none, since nobody can stop it then.
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

/** Something that can read again what it forgets. */
export interface Forgetful {
  forget(): void;
}

/** Bytes of a map from which on it is large. */
const LARGE = 4096;
const SMALL_MAPS_KEPT = 64;

export class KeptMaps {
  readonly #small = new LastUsed(SMALL_MAPS_KEPT);
  readonly #large: LastUsed;
  #newest: Forgetful | undefined;

  /** `largeBytes`: of large maps that are kept. The large map used last is kept whatever its size. */
  constructor(largeBytes: number) {
    this.#large = new LastUsed(largeBytes);
  }

  /** Counts a use of a region whose map has `mapLength` bytes, and makes those used longest ago forget theirs. */
  use(region: Forgetful, mapLength: number): void {
    // Not moved when it is used again: each move leaves a hole in a Map, and holes make it copy itself.
    if (region === this.#newest) return;
    this.#newest = region;
    if (mapLength < LARGE) this.#small.use(region, 1);
    else this.#large.use(region, mapLength);
  }
}

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
