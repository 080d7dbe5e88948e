/** Sums over how often each byte value occurs, for many windows of equal length at once. */
import type { ScanCore, ScanWindow } from "./scan-core.js";

/** What is summed. */
export interface TallyOptions {
  /** What each count adds to a sum, by count: an element more than a window has bytes. */
  readonly terms: Float64Array;
  /** Two sets of byte values whose bytes are counted. */
  readonly sets: readonly [first: readonly number[], second: readonly number[]];
}

/** Columns: the element with one index of each belongs to one window. Valid until the next call. */
export interface Tallies {
  /** The sum of the terms of the 256 counts, as that of four sums: of the values 0, 4, 8..., of 1, 5, 9... and so on; (first + second) + (third + fourth). */
  readonly sums: Float64Array;
  /** Bytes that are 0. */
  readonly zeros: Uint32Array;
  /** Bytes of the first set. */
  readonly first: Uint32Array;
  /** Bytes of the second set. */
  readonly second: Uint32Array;
  /** 1 if all bytes are equal, else 0. */
  readonly equal: Uint32Array;
}

const SET_BYTES = 256;
/** An f64 and four u32. */
const BYTES_PER_WINDOW = 24;

/** Holds areas of the core's memory from construction until `release()`. */
export class WindowTallies {
  readonly windowBytes: number;
  readonly #core: ScanCore;
  readonly #capacity: number;
  readonly #size: number;
  /** The area of the histogram; behind it the terms, the sets, and the output. */
  readonly #area: number;
  readonly #terms: number;
  readonly #sets: number;
  readonly #output: number;
  /** Of the whole output, until growth of the memory detaches it. */
  #columns: Tallies | undefined;
  #released = false;

  /** `capacity`: the most windows of one call. Throws a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore, { terms, sets }: TallyOptions, capacity: number) {
    const histogram = core.kernels.histogramAreaBytes();
    this.windowBytes = terms.length - 1;
    this.#core = core;
    this.#capacity = capacity;
    this.#size = histogram + terms.byteLength + 2 * SET_BYTES + capacity * BYTES_PER_WINDOW;
    this.#area = core.memory.acquire(this.#size);
    this.#terms = this.#area + histogram;
    this.#sets = this.#terms + terms.byteLength;
    this.#output = this.#sets + 2 * SET_BYTES;
    const { buffer } = core.memory.bytes;
    new Float64Array(buffer, this.#terms, terms.length).set(terms);
    const masks = new Uint8Array(buffer, this.#sets, 2 * SET_BYTES).fill(0);
    for (const value of sets[0]) masks[value] = 0xff;
    for (const value of sets[1]) masks[SET_BYTES + value] = 0xff;
  }

  /** The tallies of `number` windows, at most `capacity`, that begin one behind the other at `start`. */
  of(window: ScanWindow, start: number, number: number): Tallies {
    const { kernels } = this.#core;
    const [area, terms, sets, output] = [this.#area, this.#terms, this.#sets, this.#output];
    kernels.tallyWindows(window.address + start, this.windowBytes, number, area, terms, sets, output, this.#capacity);
    if (!this.#columns || this.#columns.sums.length === 0) this.#columns = this.#newColumns();
    return this.#columns;
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#area, this.#size);
  }

  #newColumns(): Tallies {
    const { buffer } = this.#core.memory.bytes;
    const capacity = this.#capacity;
    const column = (i: number) => new Uint32Array(buffer, this.#output + (8 + 4 * i) * capacity, capacity);
    return {
      sums: new Float64Array(buffer, this.#output, capacity),
      zeros: column(0),
      first: column(1),
      second: column(2),
      equal: column(3),
    };
  }
}
