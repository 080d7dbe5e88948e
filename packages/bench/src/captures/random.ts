/** Random numbers that a seed and a run number determine: the same two give the same case on every machine. */

/** Constants of SplitMix32's step and finalizer, and of the mixing of seed and run. */
const GOLDEN_RATIO = 0x9e3779b9;
const MIX_1 = 0x21f0aaad;
const MIX_2 = 0x735a2d97;

export class Random {
  #state: number;

  /** `stream`: separates uses of one case that must not shift each other. */
  constructor(seed: number, run = 0, stream = 0) {
    this.#state = mixed(mixed(mixed(seed) + run) + stream);
  }

  /** 0 to 2^32 - 1. */
  u32(): number {
    this.#state = (this.#state + GOLDEN_RATIO) | 0;
    return mixed(this.#state) >>> 0;
  }

  /** A whole number from 0 to `end` - 1; 0 for an `end` of 0. */
  below(end: number): number {
    return end <= 0 ? 0 : Math.floor((this.u32() / 2 ** 32) * end);
  }

  /** Like `below`, but small numbers are likelier: half of all fall into the first eighth. */
  nearStart(end: number): number {
    const fraction = this.u32() / 2 ** 32;
    return end <= 0 ? 0 : Math.floor(fraction ** 3 * end);
  }

  /** True once in `times`. */
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
