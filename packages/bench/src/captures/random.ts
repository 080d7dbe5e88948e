/** A random number generator seeded with a seed and a run number: the same two numbers give the same case on every machine. */

/** Constants of SplitMix32: its step and its finalizer, which also mixes seed and run. */
const GOLDEN_RATIO = 0x9e3779b9;
const MIX_1 = 0x21f0aaad;
const MIX_2 = 0x735a2d97;

export class Random {
  #state: number;

  /** `stream`: separates the random numbers of independent uses, so that one use does not shift the numbers of another. */
  constructor(seed: number, run = 0, stream = 0) {
    this.#state = mixed(mixed(mixed(seed) + run) + stream);
  }

  /** An integer from 0 to 2^32 - 1. */
  u32(): number {
    this.#state = (this.#state + GOLDEN_RATIO) | 0;
    return mixed(this.#state) >>> 0;
  }

  /** An integer from 0 to `end` - 1; 0 if `end` is 0. */
  below(end: number): number {
    return end <= 0 ? 0 : Math.floor((this.u32() / 2 ** 32) * end);
  }

  /** Like `below`, but small numbers are more frequent: half of them lie in the first eighth of the range. */
  nearStart(end: number): number {
    const fraction = this.u32() / 2 ** 32;
    return end <= 0 ? 0 : Math.floor(fraction ** 3 * end);
  }

  /** True with a probability of 1 / `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Throws a `TypeError` for an empty list. */
  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new TypeError("Nothing to pick from");
    return item;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.u32() & 0xff);
  }
}

/** SplitMix32's finalizer. */
function mixed(value: number): number {
  const a = Math.imul(value ^ (value >>> 16), MIX_1);
  const b = Math.imul(a ^ (a >>> 15), MIX_2);
  return b ^ (b >>> 15);
}
