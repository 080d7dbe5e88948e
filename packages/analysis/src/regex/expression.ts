/** Finds the matches of a regular expression in bytes: one after the other, from left to right, in time that grows with the number of bytes. */
import { MatchEnd } from "./match-end.js";
import { MatchStarts } from "./match-starts.js";
import { Offsets } from "./offsets.js";
import type { Program } from "./program.js";
import type { RequiredBytes } from "./required-bytes.js";

/** A compiled expression. Plain data, which can be sent to another thread. */
export interface CompiledRegex {
  readonly forwards: Program;
  readonly backwards: Program;
  /** The most bytes of a match. */
  readonly longest: number;
  /** What every match has, if a search for it is worth it. */
  readonly required?: RequiredBytes;
}

/** Where matches may begin, ascending: at these places, or in these ranges, which are apart by more than the longest match. Nowhere else. */
export type Candidates =
  | { readonly kind: "starts"; readonly starts: Uint32Array }
  | { readonly kind: "ranges"; readonly ranges: readonly PlaceRange[] };

/** Places from `from` up to `to`, which is not one of them. */
interface PlaceRange {
  readonly from: number;
  readonly to: number;
}

/** Matches by offset, ascending and without overlaps. */
export interface RegexMatches {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Indexes of matches that have as many bytes as a match may have, and could go on. */
  readonly cut: Uint32Array;
}

/** Bytes that are read between two looks at the clock: well under a millisecond. */
const BYTES_PER_STEP = 1 << 16;
/** Bytes that an automaton reads in about a microsecond, if it knows its states. */
const BYTES_PER_UNIT = 256;

export class Expression {
  readonly #longest: number;
  readonly #starts: MatchStarts;
  readonly #end: MatchEnd;
  #marks = new Uint8Array(0);

  constructor({ forwards, backwards, longest }: CompiledRegex) {
    this.#longest = longest;
    this.#starts = new MatchStarts(backwards);
    this.#end = new MatchEnd(forwards);
  }

  /**
   * The matches that begin from `from` up to `to`, of which none is a part of another one: after a match, the next one begins behind it. Matches may end
   * behind `to`. `candidates`: where they may begin, if that is known. Yields units of work (`TimeSlice`), at least once in some milliseconds.
   */
  *matches(bytes: Uint8Array, from: number, to: number, candidates?: Candidates): Generator<number, RegexMatches, void> {
    const found = { starts: new Offsets(), ends: new Offsets(), cut: new Offsets() };
    let places: Places;
    if (candidates?.kind === "starts") places = new ListedPlaces(candidates.starts);
    else places = yield* this.#marked(bytes, candidates?.ranges ?? [{ from, to }], to);
    /** Bytes that were read for places at which no match begins: as many as all of them, and marking the rest is faster. */
    let inVain = 0;
    let units = 0;
    for (let start = places.next(from); start >= 0; ) {
      const stop = Math.min(start + this.#longest, bytes.length);
      this.#end.begins(start);
      while (!this.#end.advance(bytes, stop)) yield this.#end.spent / 16;
      const { end, isOpen, at } = this.#end;
      units += 1 + (at - start) / BYTES_PER_UNIT + this.#end.spent / 16;
      if (units > BYTES_PER_STEP / BYTES_PER_UNIT) {
        yield units;
        units = 0;
      }
      const next = Math.max(end, start + 1);
      if (end > start) {
        if (isOpen && end === start + this.#longest) found.cut.add(found.starts.length);
        found.starts.add(start);
        found.ends.add(end);
      }
      inVain += at - Math.max(end, start);
      if (inVain > to - from && places instanceof ListedPlaces) places = yield* this.#marked(bytes, [{ from: next, to }], to);
      start = places.next(next);
    }
    yield units;
    return { starts: found.starts.all, ends: found.ends.all, cut: found.cut.all };
  }

  /** The places in the ranges where a match begins that ends among the bytes, or one that is longer than matches may be. */
  *#marked(bytes: Uint8Array, ranges: readonly PlaceRange[], to: number): Generator<number, Places, void> {
    const most = Math.min(bytes.length, to + this.#longest - 1);
    if (this.#marks.length < most) this.#marks = new Uint8Array(most);
    for (const range of ranges) {
      this.#starts.reset();
      for (let at = Math.min(most, range.to + this.#longest - 1); at > range.from; ) {
        const reached = this.#starts.mark(bytes, Math.max(range.from, at - BYTES_PER_STEP), at, this.#marks);
        yield 1 + (at - reached) / BYTES_PER_UNIT + this.#starts.spent / 16;
        at = reached;
      }
    }
    return new MarkedPlaces(this.#marks, ranges);
  }
}

/** Places where matches may begin. */
interface Places {
  /** The first place from `from` on; -1 if there is none. `from` ascends. */
  next(from: number): number;
}

class ListedPlaces implements Places {
  readonly #starts: Uint32Array;
  #at = 0;

  constructor(starts: Uint32Array) {
    this.#starts = starts;
  }

  next(from: number): number {
    while ((this.#starts[this.#at] ?? from) < from) this.#at++;
    return this.#starts[this.#at] ?? -1;
  }
}

class MarkedPlaces implements Places {
  readonly #marks: Uint8Array;
  readonly #ranges: readonly PlaceRange[];
  #at = 0;

  constructor(marks: Uint8Array, ranges: readonly PlaceRange[]) {
    this.#marks = marks;
    this.#ranges = ranges;
  }

  next(from: number): number {
    for (; this.#at < this.#ranges.length; this.#at++) {
      const { from: first, to } = this.#ranges[this.#at] ?? { from: 0, to: 0 };
      const place = from < to ? this.#marks.subarray(0, to).indexOf(1, Math.max(first, from)) : -1;
      if (place >= 0) return place;
    }
    return -1;
  }
}
