/** The kernels that find patterns of bytes in a piece: one for each pattern, or one for many patterns together. */
import { ManyPatterns, type PackedPatterns, PatternSearch, type ScanCore } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Piece } from "../asking/pieces.js";

export interface PatternsSpec {
  readonly patterns: PackedPatterns;
}

/** Units of work of one call of a kernel, with what its matches take. */
export const UNITS_PER_CALL = 512;

/** The bytes of a piece in which its matches begin. `overlap`: bytes that two pieces of a run share. */
export function ownedLength({ length, endsRun }: Pick<Piece, "length" | "endsRun">, overlap: number): number {
  return endsRun ? length : length - overlap;
}

export class PatternKernels {
  /** Bytes of the longest pattern. */
  readonly longest: number;
  readonly #core: ScanCore;
  readonly #patterns: PackedPatterns;
  readonly #single: PatternSearch[] = [];
  #many: ManyPatterns | undefined;

  constructor(core: ScanCore, { patterns }: PatternsSpec) {
    this.#core = core;
    this.#patterns = patterns;
    this.longest = patterns.lengths.reduce((longest, length) => Math.max(longest, length), 1);
  }

  /** How many patterns there are. */
  get patterns(): number {
    return this.#patterns.lengths.length;
  }

  /** Searches for one pattern each, in their order; none if `many` searches for all. */
  get single(): readonly PatternSearch[] {
    return this.#single;
  }

  get many(): ManyPatterns | undefined {
    return this.#many;
  }

  *prepare(): SlicedWork<void> {
    const { lengths, values, masks } = this.#patterns;
    if (ManyPatterns.isFasterFor(lengths)) {
      this.#many = yield* ManyPatterns.of(this.#core, this.#patterns);
      return;
    }
    let at = 0;
    for (const length of lengths) {
      const end = at + length;
      this.#single.push(new PatternSearch(this.#core, { values: values.subarray(at, end), masks: masks.subarray(at, end) }));
      at = end;
    }
  }

  release(): void {
    this.#many?.release();
    for (const search of this.#single) search.release();
  }
}
