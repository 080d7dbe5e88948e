/** Search for words whose values lie in intervals: pointers into ranges of addresses. */
import { WORDS_COUNT, WORDS_INTERVALS, WORDS_LEAST, WORDS_MASK, WORDS_SPAN } from "../layout.js";
import type { ScanCore, ScanWindow } from "./scan-core.js";

/** Words that one call of the kernel may write. */
const WORDS_PER_CALL = 4096;
/** Bytes of the output for each of them: value, offset, index of the interval. */
const BYTES_PER_WORD = 16;
/** Bytes that one call looks at: each word may take a search in the list of intervals. */
const BYTES_PER_CALL = 1 << 16;

/** Intervals that are laid out between two steps, and how many take a microsecond. */
const INTERVALS_PER_STEP = 4096;
const INTERVALS_PER_UNIT = 16;

/** Options of `WordSearch`: the words to find. */
export interface WordSearchOptions {
  /** Bytes of a word. */
  readonly width: 4 | 8;
  /** Default false. */
  readonly bigEndian?: boolean;
  /** Words begin at multiples of this number of bytes: a power of two up to `width`, which is the default. */
  readonly alignment?: 1 | 2 | 4 | 8;
  /** Bits of a word that do not count: it is compared as if they were 0. Default none. */
  readonly ignoredBits?: bigint;
  /** The first and the last value of each interval: at least one interval, ascending, without overlaps. */
  readonly firsts: BigUint64Array;
  readonly lasts: BigUint64Array;
}

/** Words in the order of their offsets. */
export interface FoundWords {
  readonly offsets: Uint32Array;
  /** The words as they stand in memory, with the bits that do not count. */
  readonly values: BigUint64Array;
  /** For each word the index of its interval. */
  readonly intervals: Uint32Array;
}

/** Holds areas of the core's memory from construction until `release()`. */
export class WordSearch {
  readonly width: 4 | 8;
  readonly alignment: number;
  readonly #core: ScanCore;
  readonly #bigEndian: number;
  readonly #setup: number;
  readonly #setupBytes: number;
  readonly #output: number;
  #released = false;

  private constructor(core: ScanCore, { width, bigEndian = false, alignment = width, firsts }: WordSearchOptions) {
    this.#core = core;
    this.width = width;
    this.alignment = alignment;
    this.#bigEndian = bigEndian ? 1 : 0;
    this.#setupBytes = WORDS_INTERVALS + 16 * firsts.length;
    this.#setup = core.memory.acquire(this.#setupBytes);
    this.#output = core.memory.acquire(BYTES_PER_WORD * WORDS_PER_CALL);
  }

  /**
   * Lays the intervals out for the kernel. Yields the units of work since the last yield, of about a microsecond. Throws a `TypeError` for an alignment that
   * is greater than the width or no power of two, and for intervals that are not ascending or pass the largest word; a `RangeError` when linear memory has
   * no room.
   */
  static *of(core: ScanCore, options: WordSearchOptions): Generator<number, WordSearch, void> {
    const { width, alignment = width, firsts, lasts } = options;
    if (alignment > width || ![1, 2, 4, 8].includes(alignment)) {
      throw new TypeError(
        `An alignment of ${alignment} bytes: expected 1, 2, 4 or 8, and not more than the ${width} bytes of a word`,
      );
    }
    if (firsts.length === 0 || lasts.length !== firsts.length) {
      throw new TypeError(
        `${firsts.length} first and ${lasts.length} last values: expected at least one interval, and both for each`,
      );
    }
    const search = new WordSearch(core, options);
    try {
      yield* search.#layOut(options);
    } catch (error) {
      search.release();
      throw error;
    }
    return search;
  }

  *#layOut({ width, ignoredBits = 0n, firsts, lasts }: WordSearchOptions): Generator<number, void, void> {
    const largest = (1n << BigInt(8 * width)) - 1n;
    let before = -1n;
    for (let start = 0; start < firsts.length; start += INTERVALS_PER_STEP) {
      const some = firsts.subarray(start, start + INTERVALS_PER_STEP);
      const ends = lasts.subarray(start, start + INTERVALS_PER_STEP);
      before = lastOfAscending(some, ends, { before, largest, start });
      // Another area may be acquired between two steps, which replaces the buffer.
      const { buffer } = this.#core.memory.bytes;
      const intervals = new BigUint64Array(buffer, this.#setup + WORDS_INTERVALS, 2 * firsts.length);
      intervals.set(some, start);
      intervals.set(ends, firsts.length + start);
      yield some.length / INTERVALS_PER_UNIT;
    }
    const least = firsts[0] ?? 0n;
    const setup = new DataView(this.#core.memory.bytes.buffer, this.#setup, this.#setupBytes);
    setup.setBigUint64(WORDS_MASK, largest & ~ignoredBits, true);
    setup.setBigUint64(WORDS_LEAST, least, true);
    setup.setBigUint64(WORDS_SPAN, (lasts.at(-1) ?? 0n) - least, true);
    setup.setUint32(WORDS_COUNT, firsts.length, true);
  }

  /**
   * Words that lie whole in `length` bytes of the window from `start` on, and begin `from` bytes behind `start`, or a multiple of the alignment
   * later; in batches, offsets counted from `start`. Batches may be empty: after each one the caller may pause. A batch is valid until the next one is
   * asked for.
   */
  *words(window: ScanWindow, length: number, start = 0, from = 0): Generator<FoundWords, void, undefined> {
    const { kernels, memory } = this.#core;
    const starts = length - this.width + 1;
    for (let at = from; at < starts; ) {
      const end = Math.min(starts, at + BYTES_PER_CALL);
      const count = kernels.findWords(
        window.address + start,
        at,
        end,
        this.width,
        this.#bigEndian,
        this.alignment,
        this.#setup,
        this.#output,
        WORDS_PER_CALL,
      );
      const { buffer } = memory.bytes;
      const offsets = new Uint32Array(buffer, this.#output + 8 * WORDS_PER_CALL, count);
      at = count < WORDS_PER_CALL ? end : (offsets[count - 1] ?? end) + this.alignment;
      yield {
        offsets,
        values: new BigUint64Array(buffer, this.#output, count),
        intervals: new Uint32Array(buffer, this.#output + 12 * WORDS_PER_CALL, count),
      };
    }
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#setup, this.#setupBytes);
    this.#core.memory.release(this.#output, BYTES_PER_WORD * WORDS_PER_CALL);
  }
}

/** What stands before intervals of a list, the largest value that they may have, and the index of the first one. */
interface IntervalBounds {
  readonly before: bigint;
  readonly largest: bigint;
  readonly start: number;
}

/** The last value of the last interval. Throws a `TypeError` for intervals that are not ascending, or pass the largest word. */
function lastOfAscending(firsts: BigUint64Array, lasts: BigUint64Array, bounds: IntervalBounds): bigint {
  const { largest, start } = bounds;
  let { before } = bounds;
  for (const [i, first] of firsts.entries()) {
    const last = lasts[i] ?? 0n;
    if (first <= before || last < first || last > largest) {
      throw new TypeError(
        `The interval ${start + i} is [0x${first.toString(16)}, 0x${last.toString(16)}]: expected ascending intervals up to 0x${largest.toString(16)}`,
      );
    }
    before = last;
  }
  return before;
}
