/** Where matches of a regular expression may begin, found by the bytes that every match has. */
import { ManyPatterns, PatternSearch, packPatterns, type ScanCore, type ScanWindow } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Candidates } from "./expression.js";
import { Offsets } from "./offsets.js";
import type { RequiredBytes } from "./required-bytes.js";

/** Units of work of one call of a kernel. */
const UNITS_PER_CALL = 512;
/** Bytes for each place that may be found. Where places are closer together, running the automaton over everything is as fast. */
const BYTES_PER_PLACE = 32;
const SOME_PLACES = 64;
/** After a window in which the search was in vain, it is left out: for one window, then for two, and so on up to this number. */
const MOST_LEFT_OUT = 64;

/** The bytes that are searched: `end` of a window from `offset` on. Matches begin before `to`. */
export interface CandidateBytes {
  readonly window: ScanWindow;
  readonly offset: number;
  readonly to: number;
  readonly end: number;
}

/** Holds areas of the core's memory from `prepare` until `release()`. */
export class CandidateSearch {
  readonly #core: ScanCore;
  readonly #required: RequiredBytes;
  readonly #longest: number;
  #single: readonly PatternSearch[] = [];
  #many: ManyPatterns | undefined;
  #leftOut = 0;
  #toLeaveOut = 0;

  /** `longest`: the most bytes of a match. */
  constructor(core: ScanCore, required: RequiredBytes, longest: number) {
    this.#core = core;
    this.#required = required;
    this.#longest = longest;
  }

  *prepare(): SlicedWork<void> {
    const { patterns } = this.#required;
    const packed = yield* packPatterns(patterns);
    if (ManyPatterns.isFasterFor(packed.lengths)) this.#many = yield* ManyPatterns.of(this.#core, packed);
    else this.#single = patterns.map((pattern) => new PatternSearch(this.#core, pattern));
  }

  /** The candidates; undefined if there are too many: a search everywhere is then as fast. */
  *candidates(bytes: CandidateBytes): SlicedWork<Candidates | undefined> {
    if (this.#toLeaveOut > 0) {
      this.#toLeaveOut--;
      return undefined;
    }
    const places = yield* this.#places(bytes);
    const { least, most } = this.#required.before;
    const found = places && (least === most ? this.#starts(places, bytes) : this.#ranges(places, bytes));
    this.#leftOut = found ? 0 : Math.min(MOST_LEFT_OUT, this.#leftOut === 0 ? 1 : 2 * this.#leftOut);
    this.#toLeaveOut = this.#leftOut;
    return found;
  }

  release(): void {
    this.#many?.release();
    for (const search of this.#single) search.release();
  }

  /** Where the required bytes stand, ascending; undefined if they are too many. */
  *#places({ window, offset, end }: CandidateBytes): SlicedWork<Uint32Array | undefined> {
    const most = SOME_PLACES + end / BYTES_PER_PLACE;
    const places = new Offsets();
    for (const search of this.#single) {
      for (const batch of search.offsets(window, end, offset)) {
        for (const place of batch) places.add(place);
        if (places.length > most) return undefined;
        yield UNITS_PER_CALL;
      }
    }
    for (const batch of this.#many?.matches(window, end, offset) ?? []) {
      for (let i = 0; i < batch.length; i += 2) places.add(batch[i] ?? 0);
      if (places.length > most) return undefined;
      yield UNITS_PER_CALL;
    }
    return this.#required.patterns.length === 1 ? places.all : places.all.sort();
  }

  #starts(places: Uint32Array, { to }: CandidateBytes): Candidates {
    const { least } = this.#required.before;
    const starts = places.map((place) => place - least).filter((start, i) => (places[i] ?? 0) >= least && start < to);
    return { kind: "starts", starts };
  }

  /** Ranges are joined where automata would read the bytes between them for the first one, too. */
  #ranges(places: Uint32Array, { to, end }: CandidateBytes): Candidates | undefined {
    const { least, most } = this.#required.before;
    const ranges: { from: number; to: number }[] = [];
    let read = 0;
    for (const place of places) {
      const first = Math.max(0, place - most);
      const behind = Math.min(to, place - least + 1);
      if (first >= behind) continue;
      const last = ranges.at(-1);
      if (last && first <= last.to + this.#longest) {
        read += Math.max(last.to, behind) - last.to;
        last.to = Math.max(last.to, behind);
      } else {
        read += behind - first + this.#longest;
        ranges.push({ from: first, to: behind });
      }
    }
    return 2 * read > end ? undefined : { kind: "ranges", ranges };
  }
}
