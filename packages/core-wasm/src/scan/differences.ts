/** Ranges of bytes in which two windows differ. */
import { DIFFER_CURSOR_BYTES } from "../layout.js";
import { ResumedKernel } from "./resumed-kernel.js";
import type { ScanCore, ScanWindow } from "./scan-core.js";

const RANGES_PER_CALL = 2048;
const NOT_OPEN = 0xffffffff;

/** Where bytes to be compared begin in a window. */
export interface WindowPart {
  readonly window: ScanWindow;
  readonly start: number;
}

/** Holds areas of the core's memory from construction until `release()`. */
export class Differences {
  readonly #core: ScanCore;
  readonly #kernel: ResumedKernel;

  /** Throws a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore) {
    this.#core = core;
    this.#kernel = new ResumedKernel(core, { cursorBytes: DIFFER_CURSOR_BYTES, words: 3, capacity: RANGES_PER_CALL });
  }

  /**
   * The ranges in which `length` bytes of two windows of this core differ, ascending, in batches of triples: offset of the first byte, offset behind the last
   * one, number of differing bytes between them. Ranges with at most `gap` equal bytes between them are joined. Batches may be empty. A batch is valid until the
   * next one is asked for.
   */
  ranges(a: WindowPart, b: WindowPart, length: number, gap = 0): Iterable<Uint32Array> {
    const { findDifferences } = this.#core.kernels;
    const first = a.window.address + a.start;
    const second = b.window.address + b.start;
    return this.#kernel.batches([0, NOT_OPEN, 0, 0], length, (cursor, output, capacity) =>
      findDifferences(first, second, length, gap, cursor, output, capacity),
    );
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    this.#kernel.release();
  }
}
