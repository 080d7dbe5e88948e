/** How often patterns stand in a piece of memory: no match is kept, so that a match takes little more time than in the kernel. */
import type { ScanCore } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import type { Piece } from "../asking/pieces.js";
import { ownedLength, PatternKernels, type PatternsSpec, UNITS_PER_CALL } from "./pattern-kernels.js";

/** Matches of the patterns that occur in a piece, each pattern once, in no order. */
export interface PatternCounts {
  readonly patterns: Uint32Array;
  readonly counts: Uint32Array;
}

export class PatternCountsLooker implements Looker<PatternCounts> {
  readonly #kernels: PatternKernels;
  /** Matches of each pattern in the piece that is looked at; 0 between two pieces. */
  readonly #counts: Uint32Array;

  constructor(core: ScanCore, spec: PatternsSpec) {
    this.#kernels = new PatternKernels(core, spec);
    this.#counts = new Uint32Array(this.#kernels.patterns);
  }

  prepare(): SlicedWork<void> {
    return this.#kernels.prepare();
  }

  /** Matches that begin where the next piece of the run begins are left to it, as those of `PatternsLooker`. */
  *look(piece: Piece): SlicedWork<PatternCounts> {
    const { window, offset, length } = piece;
    const { single, many, longest } = this.#kernels;
    const owned = ownedLength(piece, longest - 1);
    const counts = this.#counts;
    const occurring: number[] = [];
    const add = (pattern: number, matches: number) => {
      const before = counts[pattern] ?? 0;
      if (before === 0 && matches > 0) occurring.push(pattern);
      counts[pattern] = before + matches;
    };
    for (const pairs of many?.matches(window, length, offset) ?? []) {
      for (let i = 0; i < pairs.length; i += 2) if ((pairs[i] ?? 0) < owned) add(pairs[i + 1] ?? 0, 1);
      yield UNITS_PER_CALL;
    }
    for (const [pattern, search] of single.entries()) {
      for (const offsets of search.offsets(window, Math.min(length, owned + search.length - 1), offset)) {
        add(pattern, offsets.length);
        yield UNITS_PER_CALL;
      }
    }
    const patterns = Uint32Array.from(occurring);
    const answer = { patterns, counts: patterns.map((pattern) => counts[pattern] ?? 0) };
    for (const pattern of patterns) counts[pattern] = 0;
    return answer;
  }

  release(): void {
    this.#kernels.release();
  }
}
