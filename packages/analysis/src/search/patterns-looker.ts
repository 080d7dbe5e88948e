/** Where patterns stand in a piece of memory. */
import type { ScanCore } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import type { Piece } from "../asking/pieces.js";
import { MatchCollector, type PatternOffsets } from "./match-collector.js";
import { ownedLength, PatternKernels, type PatternsSpec, UNITS_PER_CALL } from "./pattern-kernels.js";

export class PatternsLooker implements Looker<PatternOffsets> {
  readonly #kernels: PatternKernels;

  constructor(core: ScanCore, spec: PatternsSpec) {
    this.#kernels = new PatternKernels(core, spec);
  }

  prepare(): SlicedWork<void> {
    return this.#kernels.prepare();
  }

  /** Matches that begin where the next piece of the run begins are left to it: a longer one that begins before them may end there. */
  *look(piece: Piece): SlicedWork<PatternOffsets> {
    const { length } = piece;
    const { patterns, single, longest } = this.#kernels;
    const matches = new MatchCollector(patterns, length);
    const owned = ownedLength(piece, longest - 1);
    const add = (offset: number, pattern: number) => {
      if (offset < owned) matches.add(offset, pattern);
    };
    yield* this.#findMany(piece, matches, add);
    for (const [pattern, search] of single.entries()) {
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
    this.#kernels.release();
  }

  *#findMany(
    { window, offset, length }: Piece,
    matches: MatchCollector,
    add: (offset: number, pattern: number) => void,
  ): SlicedWork<void> {
    const { many, longest } = this.#kernels;
    const found = many?.matches(window, length, offset);
    for (let batch = found?.next(); batch && !batch.done; ) {
      const pairs = batch.value;
      for (let i = 0; i < pairs.length; i += 2) add(pairs[i] ?? 0, pairs[i + 1] ?? 0);
      yield UNITS_PER_CALL;
      batch = found?.next(Math.min(length, matches.end + longest - 1));
    }
  }
}
