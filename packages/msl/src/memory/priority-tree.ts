/** Slots with priorities, the one with the highest at hand: changing one costs a logarithm, and nothing is left behind by those that left. */
export class PriorityTree {
  readonly #leaves: number;
  /** A complete binary tree: slot i at `#leaves + i`, in each node the highest priority below it; `NONE` where there is none. */
  readonly #priorities: Float64Array;

  constructor(slots: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, slots)));
    this.#priorities = new Float64Array(2 * this.#leaves).fill(NONE);
  }

  /** `priority`: a number that no other slot has; undefined takes the slot out. */
  set(slot: number, priority: number | undefined): void {
    let node = this.#leaves + slot;
    let value = priority ?? NONE;
    this.#priorities[node] = value;
    while (node > 1) {
      const beside = this.#priorities[node ^ 1] ?? NONE;
      if (beside > value) value = beside;
      node >>= 1;
      if (this.#priorities[node] === value) return;
      this.#priorities[node] = value;
    }
  }

  /** The slot with the highest priority, or -1. */
  best(): number {
    const highest = this.#priorities[1] ?? NONE;
    if (highest === NONE) return -1;
    let node = 1;
    while (node < this.#leaves) {
      node *= 2;
      if (this.#priorities[node] !== highest) node++;
    }
    return node - this.#leaves;
  }
}

const NONE = Number.NEGATIVE_INFINITY;
