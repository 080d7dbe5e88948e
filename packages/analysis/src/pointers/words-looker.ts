/** Words of a piece of memory that lie in ranges. */
import { type ScanCore, WordSearch } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import type { Piece } from "../asking/pieces.js";
import { firstWord, type WordSpec } from "./words.js";

/** Words by offset in the piece, ascending. */
export interface WordOffsets {
  readonly offsets: Uint32Array;
  /** The words as they stand in memory. */
  readonly values: BigUint64Array;
}

/** Units of work of one call of the kernel, with the words that it finds. */
export const UNITS_PER_CALL = 256;

export class WordsLooker implements Looker<WordOffsets> {
  readonly #core: ScanCore;
  readonly #spec: WordSpec;
  #search: WordSearch | undefined;

  constructor(core: ScanCore, spec: WordSpec) {
    this.#core = core;
    this.#spec = spec;
  }

  *prepare(): SlicedWork<void> {
    this.#search = yield* WordSearch.of(this.#core, this.#spec);
  }

  *look(piece: Piece): SlicedWork<WordOffsets> {
    const parts: WordOffsets[] = [];
    let count = 0;
    const words = this.#search?.words(piece.window, piece.length, piece.offset, firstWord(piece, this.#spec)) ?? [];
    for (const found of words) {
      parts.push({ offsets: found.offsets.slice(), values: found.values.slice() });
      count += found.offsets.length;
      yield UNITS_PER_CALL;
    }
    const offsets = new Uint32Array(count);
    const values = new BigUint64Array(count);
    let at = 0;
    for (const part of parts) {
      offsets.set(part.offsets, at);
      values.set(part.values, at);
      at += part.offsets.length;
    }
    return { offsets, values };
  }

  release(): void {
    this.#search?.release();
  }
}
