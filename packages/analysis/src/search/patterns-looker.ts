/** Where patterns stand in a piece of memory. */
import { PatternSearch, type ScanCore } from "@memslice/core-wasm/scan";
import type { Looker } from "../asking/lookers.js";
import type { Piece } from "../asking/pieces.js";
import type { BytePattern } from "./pattern.js";

export interface PatternsSpec {
  readonly patterns: readonly BytePattern[];
}

/** Matches by offset in the piece, ascending; at one offset in the order of the patterns. */
export interface PatternOffsets {
  readonly offsets: Uint32Array;
  /** The index of the pattern of each match. */
  readonly patterns: Uint32Array;
}

export class PatternsLooker implements Looker<PatternOffsets> {
  readonly #searches: readonly PatternSearch[];

  constructor(core: ScanCore, { patterns }: PatternsSpec) {
    this.#searches = patterns.map((pattern) => new PatternSearch(core, pattern));
  }

  /** Matches inside the repeated bytes are left out: they were found in the piece before. */
  look({ window, offset, length, repeated }: Piece): PatternOffsets {
    const found: { readonly offset: number; readonly pattern: number }[] = [];
    for (const [pattern, search] of this.#searches.entries()) {
      for (const batch of search.offsets(window, length, offset)) {
        for (const at of batch) if (at + search.length > repeated) found.push({ offset: at, pattern });
      }
    }
    if (this.#searches.length > 1) found.sort((a, b) => a.offset - b.offset || a.pattern - b.pattern);
    return {
      offsets: Uint32Array.from(found, (match) => match.offset),
      patterns: Uint32Array.from(found, (match) => match.pattern),
    };
  }

  release(): void {
    for (const search of this.#searches) search.release();
  }
}
