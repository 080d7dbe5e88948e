/**
 * The gaps between the areas of a linear memory, by address. Neighbours are merged, so that no two gaps touch and many small
 * areas that came back make room for a large one again.
 */
export interface Area {
  readonly address: number;
  readonly size: number;
}

export class FreeAreas {
  readonly #areas: Area[] = [];

  /** Removes `size` bytes from the smallest gap that has them, and returns their address; -1 if there is none. */
  take(size: number): number {
    let best = -1;
    let bestSize = Number.POSITIVE_INFINITY;
    for (const [index, area] of this.#areas.entries()) {
      if (area.size < size || area.size >= bestSize) continue;
      best = index;
      bestSize = area.size;
    }
    const area = this.#areas[best];
    if (area === undefined) return -1;
    if (area.size === size) this.#areas.splice(best, 1);
    else this.#areas[best] = { address: area.address + size, size: area.size - size };
    return area.address;
  }

  add(area: Area): void {
    let index = this.#areas.findIndex((other) => other.address > area.address);
    if (index < 0) index = this.#areas.length;
    const before = this.#areas[index - 1];
    const after = this.#areas[index];
    const joinsBefore = before !== undefined && before.address + before.size === area.address;
    const joinsAfter = after !== undefined && area.address + area.size === after.address;
    const address = joinsBefore ? before.address : area.address;
    const end = joinsAfter ? after.address + after.size : area.address + area.size;
    const first = joinsBefore ? index - 1 : index;
    this.#areas.splice(first, Number(joinsBefore) + Number(joinsAfter), { address, size: end - address });
  }

  /** Removes the gap that ends at `end`, and returns its address; `end` if there is none. */
  takeLast(end: number): number {
    const last = this.#areas.at(-1);
    if (last === undefined || last.address + last.size !== end) return end;
    this.#areas.pop();
    return last.address;
  }
}
