/** Areas of linear memory that belong to one call or one object, and are released together. */
import type { Core } from "./core.js";
import type { Area } from "./memory.js";

export class Areas<C extends Pick<Core, "memory"> = Core> {
  readonly core: C;
  readonly #acquired: Area[] = [];

  constructor(core: C) {
    this.core = core;
  }

  /** Bytes of all areas. */
  get held(): number {
    return this.#acquired.reduce((sum, { size }) => sum + size, 0);
  }

  /** The address of `size` bytes, not cleared. Throws a `RangeError` when linear memory has no room for them. */
  acquire(size: number): number {
    const address = this.core.memory.acquire(size);
    this.#acquired.push({ address, size });
    return address;
  }

  /**
   * The address of `bytes`: where they lie in linear memory, or of a copy in a new area. Has to come before any `acquire`, because growth of the
   * memory detaches bytes that lie in it. Throws as `acquire` does.
   */
  place(bytes: Uint8Array): number {
    const { memory } = this.core;
    const resident = memory.addressOf(bytes);
    if (resident >= 0) return resident;
    const address = this.acquire(bytes.length);
    memory.bytes.set(bytes, address);
    return address;
  }

  /** Releases all areas. A second call has no effect. */
  release(): void {
    for (const { address, size } of this.#acquired.splice(0)) this.core.memory.release(address, size);
  }
}
