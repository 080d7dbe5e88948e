/** Where patterns stand in a piece of memory. */
import { ManyPatterns, PatternSearch, type ScanCore } from "@memslice/core-wasm/scan";
import type { Looker } from "../asking/lookers.js";
import type { Piece } from "../asking/pieces.js";
import type { BytePattern } from "./pattern.js";

/** From this number of patterns on, one search for all is faster than one search for each. */
const MANY = 8;

/** Matches of a piece that there is room for at first. */
const FIRST_MATCHES = 64;

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
    // A match is a number: its offset times the number of patterns, plus the index of its pattern. No object is made for each.
    const count = this.#lengths.length;
    let found = new Float64Array(FIRST_MATCHES);
    let size = 0;
    const add = (offset: number, pattern: number) => {
      if (offset + (this.#lengths[pattern] ?? 0) <= piece.repeated) return;
      if (size === found.length) {
        const more = new Float64Array(2 * size);
        more.set(found);
        found = more;
      }
      found[size++] = offset * count + pattern;
    };
    this.#find(piece, add);
    const matches = found.subarray(0, size);
    if (count > 1) matches.sort();
    const offsets = new Uint32Array(size);
    const patterns = new Uint32Array(size);
    for (let i = 0; i < size; i++) {
      const match = matches[i] ?? 0;
      const offset = Math.floor(match / count);
      offsets[i] = offset;
      patterns[i] = match - offset * count;
    }
    return { offsets, patterns };
  }

  release(): void {
    this.#many?.release();
    for (const search of this.#single.values()) search.release();
  }

  #find({ window, offset, length }: Piece, add: (offset: number, pattern: number) => void): void {
    for (const pairs of this.#many?.matches(window, length, offset) ?? []) {
      for (let i = 0; i < pairs.length; i += 2) add(pairs[i] ?? 0, this.#indexes[pairs[i + 1] ?? 0] ?? 0);
    }
    for (const [pattern, search] of this.#single) {
      for (const batch of search.offsets(window, length, offset)) {
        for (let i = 0; i < batch.length; i++) add(batch[i] ?? 0, pattern);
      }
    }
  }
}
