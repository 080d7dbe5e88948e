/** Entropy and class of each window of a piece of memory, and the counts of windows that the piece may hold in part. */
import { Histogram, type ScanCore, type ScanWindow, WindowTallies } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import type { Piece } from "../asking/pieces.js";
import { CODE_BYTES, LARGEST_KEPT, PRINTABLE_BYTES, WindowMeasure, type WindowTally } from "./classes.js";

export interface EntropySpec {
  /** Bytes of a window. Windows begin at multiples of this number. */
  readonly windowBytes: number;
}

/** The windows of a piece, in the order of addresses: part of one, whole windows, part of one. */
export interface PieceEntropy {
  /** Counts of the bytes before the first multiple of `windowBytes`, if there are any. */
  readonly head: WindowPart | undefined;
  /** Of whole windows, one behind the other. */
  readonly entropies: Float64Array;
  readonly classes: Uint8Array;
  /** Counts of the bytes behind the last whole window, if there are any. */
  readonly tail: WindowPart | undefined;
}

/** Bytes of one window. */
export interface WindowPart {
  readonly length: number;
  /** How often each byte value occurs. */
  readonly counts: Uint32Array;
}

/** Units of work, of about a microsecond each, between two steps. */
const UNITS_PER_STEP = 512;
/** Units of work of a window, and bytes that are counted in one more. */
const UNITS_PER_WINDOW = 0.5;
const BYTES_PER_UNIT = 2048;

export class EntropyLooker implements Looker<PieceEntropy> {
  readonly #histogram: Histogram;
  readonly #measure: WindowMeasure;
  readonly #windowBytes: number;
  /** Tells of many windows at once; undefined for windows so long that one takes as long as many. */
  readonly #tallies: WindowTallies | undefined;
  /** The most windows between two steps. */
  readonly #windowsPerStep: number;

  constructor(core: ScanCore, { windowBytes }: EntropySpec) {
    this.#histogram = new Histogram(core);
    this.#measure = new WindowMeasure(windowBytes);
    this.#windowBytes = windowBytes;
    this.#windowsPerStep = Math.max(1, Math.floor(UNITS_PER_STEP / unitsOf(windowBytes)));
    const { terms } = this.#measure;
    const options = { terms, sets: [PRINTABLE_BYTES, CODE_BYTES] } as const;
    this.#tallies = windowBytes > LARGEST_KEPT ? undefined : new WindowTallies(core, options, this.#windowsPerStep);
  }

  *look({ window, offset, length, address }: Piece): SlicedWork<PieceEntropy> {
    const size = this.#windowBytes;
    const before = Math.min(length, (size - Number(address % BigInt(size))) % size);
    const whole = Math.floor((length - before) / size);
    const entropies = new Float64Array(whole);
    const classes = new Uint8Array(whole);
    for (let at = 0; at < whole; at += this.#windowsPerStep) {
      const number = Math.min(this.#windowsPerStep, whole - at);
      const tallyAt = this.#talliesOf(window, offset + before + at * size, number);
      for (let i = 0; i < number; i++) {
        const tally = tallyAt(i);
        const entropy = this.#measure.entropy(tally, size);
        entropies[at + i] = entropy;
        classes[at + i] = this.#measure.classOf(tally, size, entropy);
      }
      yield number * unitsOf(size);
    }
    const part = (start: number, end: number): WindowPart | undefined =>
      end > start
        ? { length: end - start, counts: this.#histogram.counts(window, offset + start, end - start).slice() }
        : undefined;
    return { head: part(0, before), entropies, classes, tail: part(before + whole * size, length) };
  }

  #talliesOf(window: ScanWindow, start: number, number: number): (i: number) => WindowTally {
    const size = this.#windowBytes;
    if (!this.#tallies) return (i) => this.#measure.tallyOf(this.#histogram.counts(window, start + i * size, size), size);
    const { sums, zeros, first, second, equal } = this.#tallies.of(window, start, number);
    return (i) => ({
      sum: sums[i] ?? 0,
      zeros: zeros[i] ?? 0,
      printable: first[i] ?? 0,
      code: second[i] ?? 0,
      isConstant: equal[i] === 1,
    });
  }

  release(): void {
    this.#histogram.release();
    this.#tallies?.release();
  }
}

function unitsOf(windowBytes: number): number {
  return UNITS_PER_WINDOW + windowBytes / BYTES_PER_UNIT;
}
