/** Areas of linear memory that belong to one call and are released together. */
import type { Core } from "./core.js";

export class Areas {
  readonly #core: Core;
  readonly #acquired: { address: number; size: number }[] = [];

  constructor(core: Core) {
    this.#core = core;
  }

  /** The address of `size` bytes, not cleared. Throws a `RangeError` when linear memory has no room for them. */
  acquire(size: number): number {
    const address = this.#core.memory.acquire(size);
    this.#acquired.push({ address, size });
    return address;
  }

  release(): void {
    for (const { address, size } of this.#acquired.splice(0)) this.#core.memory.release(address, size);
  }
}
