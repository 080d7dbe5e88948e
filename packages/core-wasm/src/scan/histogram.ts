/** How often each byte value occurs in a part of a window. */
import type { ScanCore, ScanWindow } from "./scan-core.js";

/** Holds an area of the core's memory from construction until `release()`. */
export class Histogram {
  readonly #core: ScanCore;
  readonly #area: number;
  /** The first table of the area, until growth of the memory detaches it. */
  #view: Uint32Array = new Uint32Array(0);
  #released = false;

  /** Throws a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore) {
    this.#core = core;
    this.#area = core.memory.acquire(core.kernels.histogramAreaBytes());
  }

  /** The 256 counts of `length` bytes of the window from `start` on: a view, valid until the next call. */
  counts(window: ScanWindow, start: number, length: number): Uint32Array {
    const { kernels, memory } = this.#core;
    kernels.countBytes(window.address + start, length, this.#area);
    if (this.#view.length === 0) this.#view = new Uint32Array(memory.bytes.buffer, this.#area, 256);
    return this.#view;
  }

  /** Gives the area back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#area, this.#core.kernels.histogramAreaBytes());
  }
}
