/** Ranges of bytes in which two windows differ. */
import { DIFFER_AT, DIFFER_CURSOR_BYTES, DIFFER_START } from "../layout.js";
import type { ScanCore, ScanWindow } from "./scan-core.js";

const RANGES_PER_CALL = 2048;
const RANGE_BYTES = 12;
const NOT_OPEN = 0xffffffff;

/** Where bytes to be compared begin in a window. */
export interface WindowPart {
  readonly window: ScanWindow;
  readonly start: number;
}

/** Holds areas of the core's memory from construction until `release()`. */
export class Differences {
  readonly #core: ScanCore;
  readonly #cursor: number;
  readonly #output: number;
  #released = false;

  /** Throws a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore) {
    this.#core = core;
    this.#cursor = core.memory.acquire(DIFFER_CURSOR_BYTES);
    this.#output = core.memory.acquire(RANGE_BYTES * RANGES_PER_CALL);
  }

  /**
   * The ranges in which `length` bytes of two windows of this core differ, ascending, in batches of triples: offset of the first byte, offset behind the last
   * one, number of differing bytes between them. Ranges with at most `gap` equal bytes between them are joined. A batch is valid until the next one is
   * asked for.
   */
  *ranges(a: WindowPart, b: WindowPart, length: number, gap = 0): Generator<Uint32Array, void, undefined> {
    const { kernels, memory } = this.#core;
    const cursor = new DataView(memory.bytes.buffer, this.#cursor, DIFFER_CURSOR_BYTES);
    cursor.setUint32(DIFFER_AT, 0, true);
    cursor.setUint32(DIFFER_START, NOT_OPEN, true);
    while (cursor.getUint32(DIFFER_AT, true) < length) {
      const count = kernels.findDifferences(
        a.window.address + a.start,
        b.window.address + b.start,
        length,
        gap,
        this.#cursor,
        this.#output,
        RANGES_PER_CALL,
      );
      if (count > 0) yield new Uint32Array(memory.bytes.buffer, this.#output, 3 * count);
    }
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#cursor, DIFFER_CURSOR_BYTES);
    this.#core.memory.release(this.#output, RANGE_BYTES * RANGES_PER_CALL);
  }
}
