/** Finds the matches of a regular expression in bytes: one after the other, from left to right, in time that grows with the number of bytes. */
import { MatchEnd } from "./match-end.js";
import { MatchStarts } from "./match-starts.js";
import type { Program } from "./program.js";

/** A compiled expression. Plain data, which can be sent to another thread. */
export interface CompiledRegex {
  readonly forwards: Program;
  readonly backwards: Program;
  /** The most bytes of a match. */
  readonly longest: number;
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
   * behind `to`. Yields units of work (`TimeSlice`), at least once in some milliseconds.
   */
  *matches(bytes: Uint8Array, from: number, to: number): Generator<number, RegexMatches, void> {
    const most = Math.min(bytes.length, to + this.#longest - 1);
    if (this.#marks.length < most) this.#marks = new Uint8Array(most);
    const marks = this.#marks.subarray(0, to);
    this.#starts.reset();
    for (let at = most; at > from; ) {
      const reached = this.#starts.mark(bytes, Math.max(from, at - BYTES_PER_STEP), at, this.#marks);
      yield 1 + (at - reached) / BYTES_PER_UNIT + this.#starts.spent / 16;
      at = reached;
    }
    const found = { starts: new Offsets(), ends: new Offsets(), cut: new Offsets() };
    let units = 0;
    for (let start = marks.indexOf(1, from); start >= 0; ) {
      const stop = Math.min(start + this.#longest, bytes.length);
      this.#end.begins(start);
      while (!this.#end.advance(bytes, stop)) yield this.#end.spent / 16;
      const { end, isOpen } = this.#end;
      units += 1 + ((isOpen ? stop : Math.max(end, start)) - start) / BYTES_PER_UNIT + this.#end.spent / 16;
      if (units > BYTES_PER_STEP / BYTES_PER_UNIT) {
        yield units;
        units = 0;
      }
      if (end > start) {
        if (isOpen && end === start + this.#longest) found.cut.add(found.starts.length);
        found.starts.add(start);
        found.ends.add(end);
      }
      start = marks.indexOf(1, Math.max(end, start + 1));
    }
    yield units;
    return { starts: found.starts.all, ends: found.ends.all, cut: found.cut.all };
  }
}

/** A list of numbers that grows. */
class Offsets {
  #numbers = new Uint32Array(16);
  length = 0;

  add(number: number): void {
    if (this.length === this.#numbers.length) {
      const more = new Uint32Array(2 * this.length);
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.length++] = number;
  }

  get all(): Uint32Array {
    return this.#numbers.slice(0, this.length);
  }
}
