/** How often the regions of a piece of memory point into regions. */
import { type ScanCore, WordSearch } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import type { Piece } from "../asking/pieces.js";
import { firstWord, type WordSpec } from "./words.js";
import { UNITS_PER_CALL } from "./words-looker.js";

export interface PointerCountsSpec {
  /** Words that point into regions: an interval for each. */
  readonly words: WordSpec;
  /** The first addresses of the regions that words are counted in, ascending, and the addresses of their last bytes. */
  readonly firsts: BigUint64Array;
  readonly lasts: BigUint64Array;
}

/** Counts by pair of regions, each pair once. */
export interface PointerCounts {
  /** Index of the region in which words stand, in `firsts` of the spec. */
  readonly from: Uint32Array;
  /** Index of the interval into which they point. */
  readonly to: Uint32Array;
  readonly counts: Uint32Array;
}

/** Regions, or pairs, between two steps, which take about as many units of work. */
const PER_STEP = 1024;

export class PointerCountsLooker implements Looker<PointerCounts> {
  readonly #core: ScanCore;
  readonly #spec: PointerCountsSpec;
  #search: WordSearch | undefined;

  constructor(core: ScanCore, spec: PointerCountsSpec) {
    this.#core = core;
    this.#spec = spec;
  }

  *prepare(): SlicedWork<void> {
    this.#search = yield* WordSearch.of(this.#core, this.#spec.words);
  }

  *look(piece: Piece): SlicedWork<PointerCounts> {
    const { words, firsts, lasts } = this.#spec;
    const counts = new Map<number, number>();
    const targets = words.firsts.length;
    let region = firstEndingAt(lasts, piece.address);
    let [start, end] = [0, 0];
    const place = () => {
      start = offsetIn(piece, firsts[region]);
      end = offsetIn(piece, lasts[region]) + 1;
    };
    place();
    const found = this.#search?.words(piece.window, piece.length, piece.offset, firstWord(piece, words)) ?? [];
    for (const { offsets, intervals } of found) {
      for (let i = 0; i < offsets.length; i++) {
        const offset = offsets[i] ?? 0;
        while (offset >= end) {
          region++;
          place();
          if (region % PER_STEP === 0) yield PER_STEP;
        }
        if (offset < start) continue;
        const pair = region * targets + (intervals[i] ?? 0);
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
      yield UNITS_PER_CALL;
    }
    const { size } = counts;
    const all = { from: new Uint32Array(size), to: new Uint32Array(size), counts: new Uint32Array(size) };
    let at = 0;
    for (const [pair, count] of counts) {
      all.from[at] = Math.floor(pair / targets);
      all.to[at] = pair % targets;
      all.counts[at++] = count;
      if (at % PER_STEP === 0) yield PER_STEP;
    }
    return all;
  }

  release(): void {
    this.#search?.release();
  }
}

/** The offset of an address in a piece, which may lie before or behind it. Without an address, behind every piece. */
function offsetIn(piece: Piece, address: bigint | undefined): number {
  return address === undefined ? Number.POSITIVE_INFINITY : Number(address - piece.address);
}

/** The index of the first region that ends at `address` or behind it. */
function firstEndingAt(lasts: BigUint64Array, address: bigint): number {
  let low = 0;
  let high = lasts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lasts[middle] ?? 0n) < address) low = middle + 1;
    else high = middle;
  }
  return low;
}
