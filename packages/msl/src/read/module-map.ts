/** Modules by address: sorted once, so that a look-up is logarithmic however many mappings overlap. */
import { sortInSlices } from "../memory/sort-in-slices.js";
import { TimeSlice } from "../source/time-slice.js";
import type { Module } from "./modules.js";

const ADDRESS_SPACE_LAST = 2n ** 64n - 1n;

export class ModuleMap {
  readonly #sure: Mappings;
  readonly #salvaged: Mappings;

  private constructor(sure: Mappings, salvaged: Mappings) {
    this.#sure = sure;
    this.#salvaged = salvaged;
  }

  /** Throws `aborted` when the signal fires. */
  static async of(modules: readonly Module[], signal?: AbortSignal): Promise<ModuleMap> {
    const slice = new TimeSlice(signal);
    const mapped = modules.filter(({ moduleSize }) => moduleSize > 0n);
    const sure = await Mappings.of(
      mapped.filter(({ salvaged }) => !salvaged),
      slice,
    );
    const salvaged = await Mappings.of(
      mapped.filter((module) => module.salvaged),
      slice,
    );
    return new ModuleMap(sure, salvaged);
  }

  /** The module whose mapping contains the address; one that was not salvaged first, then the highest base, then the first of the list. */
  at(address: bigint): Module | undefined {
    return this.#sure.at(address) ?? this.#salvaged.at(address);
  }
}

class Mappings {
  /** Ascending by base; of equal bases the first of the list last. */
  readonly #modules: readonly Module[];
  /** A binary tree over the last addresses of the mappings: node i has the highest of its children 2i and 2i + 1; leaves are in order. */
  readonly #highest: BigUint64Array;
  readonly #leaves: number;

  /** `modules`: in order. */
  private constructor(modules: readonly Module[]) {
    this.#modules = modules;
    // One more than there are mappings: a search may begin behind the last of them.
    this.#leaves = 2 ** Math.ceil(Math.log2(modules.length + 1));
    this.#highest = new BigUint64Array(2 * this.#leaves);
  }

  /** `modules`: mapped ones, in the order of the capture. */
  static async of(modules: readonly Module[], slice: TimeSlice): Promise<Mappings> {
    const base = (position: number) => modules[position]?.baseAddr ?? 0n;
    const backwards = Uint32Array.from(modules.keys()).reverse();
    const order = await sortInSlices(backwards, (a, b) => base(a) < base(b), slice);
    const mappings = new Mappings(Array.from(order, (position) => modules[position]).filter((module) => module !== undefined));
    await mappings.#grow(slice);
    return mappings;
  }

  async #grow(slice: TimeSlice): Promise<void> {
    for (const [i, module] of this.#modules.entries()) {
      if (slice.isSpent()) await slice.renew();
      this.#highest[this.#leaves + i] = lastAddress(module);
    }
    for (let node = this.#leaves - 1; node > 0; node--) {
      if (slice.isSpent()) await slice.renew();
      this.#highest[node] = higher(this.#of(2 * node), this.#of(2 * node + 1));
    }
  }

  /** The last mapping in order that begins at the address or before it, and ends there or behind. */
  at(address: bigint): Module | undefined {
    const end = this.#beginningUpTo(address);
    let node = this.#leaves + end;
    // Up to the first subtree left of `end` that reaches the address, then down to its last leaf that does.
    while (node > 1) {
      const isRight = node % 2 === 1;
      node = isRight ? node - 1 : node / 2;
      if (!isRight) continue;
      if (this.#of(node) < address) {
        node /= 2;
        continue;
      }
      while (node < this.#leaves) node = this.#of(2 * node + 1) >= address ? 2 * node + 1 : 2 * node;
      const module = this.#modules[node - this.#leaves];
      return module && module.baseAddr <= address && lastAddress(module) >= address ? module : undefined;
    }
    return undefined;
  }

  #of(node: number): bigint {
    return this.#highest[node] ?? 0n;
  }

  /** How many mappings have a base up to the address. */
  #beginningUpTo(address: bigint): number {
    let low = 0;
    let high = this.#modules.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#modules[middle]?.baseAddr ?? 0n) <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A mapping may claim to pass the end of the address space. */
function lastAddress({ baseAddr, moduleSize }: Module): bigint {
  const last = baseAddr + moduleSize - 1n;
  return last > ADDRESS_SPACE_LAST ? ADDRESS_SPACE_LAST : last;
}

function higher(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
