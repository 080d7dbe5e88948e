/** Where patterns stand in a piece of memory. */
import { ManyPatterns, type PackedPatterns, PatternSearch, type ScanCore } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import type { Piece } from "../asking/pieces.js";
import { MatchCollector, type PatternOffsets } from "./match-collector.js";

/** Units of work of one call of a kernel, with what its matches take. */
const UNITS_PER_CALL = 512;

/** The bytes of a piece in which its matches begin. `overlap`: bytes that two pieces of a run share. */
export function ownedLength({ length, endsRun }: Pick<Piece, "length" | "endsRun">, overlap: number): number {
  return endsRun ? length : length - overlap;
}

export interface PatternsSpec {
  readonly patterns: PackedPatterns;
}

export class PatternsLooker implements Looker<PatternOffsets> {
  readonly #core: ScanCore;
  readonly #patterns: PackedPatterns;
  readonly #longest: number;
  /** Searches for one pattern each, in their order; none if there are many. */
  readonly #single: PatternSearch[] = [];
  #many: ManyPatterns | undefined;

  constructor(core: ScanCore, { patterns }: PatternsSpec) {
    this.#core = core;
    this.#patterns = patterns;
    this.#longest = patterns.lengths.reduce((longest, length) => Math.max(longest, length), 1);
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

  /** Matches that begin where the next piece of the run begins are left to it: a longer one that begins before them may end there. */
  *look(piece: Piece): SlicedWork<PatternOffsets> {
    const { length } = piece;
    const matches = new MatchCollector(this.#patterns.lengths.length, length);
    const owned = ownedLength(piece, this.#longest - 1);
    const add = (offset: number, pattern: number) => {
      if (offset < owned) matches.add(offset, pattern);
    };
    yield* this.#findMany(piece, matches, add);
    for (const [pattern, search] of this.#single.entries()) {
      // Matches behind the end are refused.
      const room = Math.min(length, matches.end + search.length - 1);
      for (const offsets of search.offsets(piece.window, room, piece.offset)) {
        for (let i = 0; i < offsets.length; i++) add(offsets[i] ?? 0, pattern);
        yield UNITS_PER_CALL;
      }
    }
    return yield* matches.inOrder();
  }

  release(): void {
    this.#many?.release();
    for (const search of this.#single) search.release();
  }

  *#findMany(
    { window, offset, length }: Piece,
    matches: MatchCollector,
    add: (offset: number, pattern: number) => void,
  ): SlicedWork<void> {
    const found = this.#many?.matches(window, length, offset);
    for (let batch = found?.next(); batch && !batch.done; ) {
      const pairs = batch.value;
      for (let i = 0; i < pairs.length; i += 2) add(pairs[i] ?? 0, pairs[i + 1] ?? 0);
      yield UNITS_PER_CALL;
      batch = found?.next(Math.min(length, matches.end + this.#longest - 1));
    }
  }
}
