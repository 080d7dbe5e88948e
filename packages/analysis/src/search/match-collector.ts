/** Gathers the matches of one piece in a bounded number of bytes, and puts them in order. */

import type { SlicedWork } from "@memslice/msl/work";

/** Matches that there is room for at first. */
const FIRST_MATCHES = 64;
/** The most matches of a piece: with one pattern, which is found in order, one for each byte; with several, what is sorted in some milliseconds. */
const MOST_IN_ORDER = 1 << 20;
const MOST_SORTED = 1 << 17;

/** Matches that are put in order between two steps, and units of work, of about a microsecond each, that this takes. */
const PER_STEP = 1 << 14;
const UNITS_PER_STEP = 256;

/** Matches by offset in the piece, ascending; at one offset in the order of the patterns. */
export interface PatternOffsets {
  readonly offsets: Uint32Array;
  /** The index of the pattern of each match. */
  readonly patterns: Uint32Array;
  /** All matches are there that begin before this offset, and no others. */
  readonly end: number;
}

export class MatchCollector {
  readonly #patterns: number;
  readonly #most: number;
  #end: number;
  /** A match is a number: its offset times the number of patterns, plus the index of its pattern. No object is made for each. */
  #found = new Float64Array(FIRST_MATCHES);
  #size = 0;

  /** `patterns`: how many there are; each matches at most once at an offset. `length`: of the piece. */
  constructor(patterns: number, length: number) {
    this.#patterns = patterns;
    // When the matches are cut, one half of them has other offsets than the rest.
    this.#most = patterns === 1 ? MOST_IN_ORDER : Math.max(MOST_SORTED, 2 * patterns);
    this.#end = length;
  }

  /** Matches at this offset or behind it are refused: there were too many. */
  get end(): number {
    return this.#end;
  }

  /** Matches may come in any order. */
  add(offset: number, pattern: number): void {
    if (offset >= this.#end) return;
    if (this.#size === this.#most) {
      this.#cut();
      if (offset >= this.#end) return;
    }
    if (this.#size === this.#found.length) {
      const more = new Float64Array(Math.min(2 * this.#size, this.#most));
      more.set(this.#found);
      this.#found = more;
    }
    this.#found[this.#size++] = offset * this.#patterns + pattern;
  }

  *inOrder(): SlicedWork<PatternOffsets> {
    const matches = this.#sorted();
    const offsets = new Uint32Array(matches.length);
    const patterns = new Uint32Array(matches.length);
    for (let i = 0; i < matches.length; i++) {
      const match = matches[i] ?? 0;
      const offset = Math.floor(match / this.#patterns);
      offsets[i] = offset;
      patterns[i] = match - offset * this.#patterns;
      if (i % PER_STEP === PER_STEP - 1) yield UNITS_PER_STEP;
    }
    return { offsets, patterns, end: this.#end };
  }

  /** Forgets the second half of the matches, and with them all others at their offsets. */
  #cut(): void {
    const matches = this.#sorted();
    const middle = Math.floor((matches[this.#size >> 1] ?? 0) / this.#patterns);
    let kept = this.#size >> 1;
    while (kept > 0 && (matches[kept - 1] ?? 0) >= middle * this.#patterns) kept--;
    this.#size = kept;
    this.#end = middle;
  }

  #sorted(): Float64Array {
    const matches = this.#found.subarray(0, this.#size);
    if (this.#patterns > 1) matches.sort();
    return matches;
  }
}
