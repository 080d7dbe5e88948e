/** Readable Memory Region blocks, each as a region of its own, found by block index. Two lists: a map of so many takes several times as much. */
import type { BlockRegion } from "../memory/block-region.js";

export class RegionsByBlock {
  /** Ascending. */
  readonly #positions: number[] = [];
  readonly #regions: BlockRegion[] = [];

  /** `position`: the block's index, above all before. */
  add(position: number, region: BlockRegion): void {
    this.#positions.push(position);
    this.#regions.push(region);
  }

  get(position: number): BlockRegion | undefined {
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#positions[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return this.#positions[low] === position ? this.#regions[low] : undefined;
  }

  *[Symbol.iterator](): Generator<readonly [position: number, region: BlockRegion], void, undefined> {
    for (const [i, position] of this.#positions.entries()) {
      const region = this.#regions[i];
      if (region) yield [position, region];
    }
  }
}
