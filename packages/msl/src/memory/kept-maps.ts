/**
 * Which regions keep the page-state maps they have read: those with large maps up to a number of bytes over all of them, of the others a few. A small
 * map is soon read again, and what a hundred thousand regions keep besides would be much more than their maps.
 */

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

  /** `largeBytes`: of large maps that are kept. The large map used last is kept whatever its size. */
  constructor(largeBytes: number) {
    this.#large = new LastUsed(largeBytes);
  }

  /** Counts a use of a region whose map has `mapLength` bytes, and makes those used longest ago forget theirs. */
  use(region: Forgetful, mapLength: number): void {
    if (mapLength < LARGE) this.#small.use(region, 1);
    else this.#large.use(region, mapLength);
  }
}

class LastUsed {
  readonly #limit: number;
  /** Insertion order is the order of use. */
  readonly #weights = new Map<Forgetful, number>();
  #total = 0;
  /** Not moved when it is used again: each move leaves a hole in the map, and holes make it copy itself. */
  #newest: Forgetful | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  use(item: Forgetful, weight: number): void {
    if (item === this.#newest) return;
    this.#newest = item;
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
