/** Where patterns stand in a piece of memory. */
import { ManyPatterns, PatternSearch, type ScanCore } from "@memslice/core-wasm/scan";
import type { Looker } from "../asking/lookers.js";
import type { Piece } from "../asking/pieces.js";
import type { BytePattern } from "./pattern.js";

/** From this number of patterns on, one search for all is faster than one search for each. */
const MANY = 8;

export interface PatternsSpec {
  readonly patterns: readonly BytePattern[];
}

/** Matches by offset in the piece, ascending; at one offset in the order of the patterns. */
export interface PatternOffsets {
  readonly offsets: Uint32Array;
  /** The index of the pattern of each match. */
  readonly patterns: Uint32Array;
}

interface Found {
  readonly offset: number;
  readonly pattern: number;
}

export class PatternsLooker implements Looker<PatternOffsets> {
  readonly #lengths: readonly number[];
  /** Searches for one pattern each, by its index. */
  readonly #single = new Map<number, PatternSearch>();
  readonly #many: ManyPatterns | undefined;
  /** For each pattern of `#many` its index in the question. */
  readonly #indexes: readonly number[];

  constructor(core: ScanCore, { patterns }: PatternsSpec) {
    this.#lengths = patterns.map(({ values }) => values.length);
    const together = [...patterns.entries()].filter(([, pattern]) => ManyPatterns.takes(pattern));
    const joined = together.length >= MANY ? together : [];
    this.#indexes = joined.map(([index]) => index);
    if (joined.length > 0)
      this.#many = new ManyPatterns(
        core,
        joined.map(([, pattern]) => pattern),
      );
    const isJoined = new Set(this.#indexes);
    for (const [index, pattern] of patterns.entries()) {
      if (!isJoined.has(index)) this.#single.set(index, new PatternSearch(core, pattern));
    }
  }

  /** Matches inside the repeated bytes are left out: they were found in the piece before. */
  look(piece: Piece): PatternOffsets {
    const found: Found[] = [];
    for (const match of this.#matches(piece)) {
      if (match.offset + (this.#lengths[match.pattern] ?? 0) > piece.repeated) found.push(match);
    }
    if (this.#lengths.length > 1) found.sort((a, b) => a.offset - b.offset || a.pattern - b.pattern);
    return {
      offsets: Uint32Array.from(found, (match) => match.offset),
      patterns: Uint32Array.from(found, (match) => match.pattern),
    };
  }

  release(): void {
    this.#many?.release();
    for (const search of this.#single.values()) search.release();
  }

  *#matches({ window, offset, length }: Piece): Generator<Found> {
    for (const pairs of this.#many?.matches(window, length, offset) ?? []) {
      for (let i = 0; i < pairs.length; i += 2) yield { offset: pairs[i] ?? 0, pattern: this.#indexes[pairs[i + 1] ?? 0] ?? 0 };
    }
    for (const [pattern, search] of this.#single) {
      for (const batch of search.offsets(window, length, offset)) {
        for (const at of batch) yield { offset: at, pattern };
      }
    }
  }
}
