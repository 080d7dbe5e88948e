/** Entropy and class of each window of a piece of memory, and the counts of windows that the piece may hold in part. */
import { Histogram, type ScanCore } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/lookers.js";
import type { Piece } from "../asking/pieces.js";
import { WindowMeasure } from "./classes.js";

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
const UNITS_PER_WINDOW = 4;
const BYTES_PER_UNIT = 1024;

export class EntropyLooker implements Looker<PieceEntropy> {
  readonly #histogram: Histogram;
  readonly #measure: WindowMeasure;
  readonly #windowBytes: number;

  constructor(core: ScanCore, { windowBytes }: EntropySpec) {
    this.#histogram = new Histogram(core);
    this.#measure = new WindowMeasure(windowBytes);
    this.#windowBytes = windowBytes;
  }

  *look({ window, offset, length, address }: Piece): SlicedWork<PieceEntropy> {
    const size = this.#windowBytes;
    const before = Math.min(length, (size - Number(address % BigInt(size))) % size);
    const whole = Math.floor((length - before) / size);
    const entropies = new Float64Array(whole);
    const classes = new Uint8Array(whole);
    let units = 0;
    for (let i = 0; i < whole; i++) {
      const counts = this.#histogram.counts(window, offset + before + i * size, size);
      const entropy = this.#measure.entropy(counts, size);
      entropies[i] = entropy;
      classes[i] = this.#measure.classOf(counts, size, entropy);
      units += UNITS_PER_WINDOW + size / BYTES_PER_UNIT;
      if (units < UNITS_PER_STEP) continue;
      yield units;
      units = 0;
    }
    const part = (start: number, end: number): WindowPart | undefined =>
      end > start
        ? { length: end - start, counts: this.#histogram.counts(window, offset + start, end - start).slice() }
        : undefined;
    return { head: part(0, before), entropies, classes, tail: part(before + whole * size, length) };
  }

  release(): void {
    this.#histogram.release();
  }
}
