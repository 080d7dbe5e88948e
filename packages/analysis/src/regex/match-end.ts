/** Where a match ends that begins at a given byte: the end that Perl's preferences choose. */
import { Automaton, DEAD } from "./automaton.js";
import { MATCH, type Program } from "./program.js";

/** Instructions that `advance` follows before it returns. */
const MOST_SPENT = 50_000;

export class MatchEnd extends Automaton {
  readonly #initial: readonly number[];
  #row = 0;
  #at = 0;
  /** The offset behind the match; -1 while there is none. */
  end = -1;

  constructor(program: Program) {
    super(program);
    const initial: number[] = [];
    this.begin();
    // A match has a byte at least: where the empty text is preferred, what comes after it in preference is looked for, as in Perl when it goes on behind an empty match.
    this.reach(program.start, initial, false);
    this.#initial = initial;
  }

  /** Whether the match could go on with more bytes. */
  get isOpen(): boolean {
    return this.#row !== DEAD;
  }

  /** The offset behind the bytes that were read. */
  get at(): number {
    return this.#at;
  }

  /** The match begins at this offset. */
  begins(at: number): void {
    this.#row = this.rowOf(this.#initial);
    this.#at = at;
    this.end = -1;
  }

  /** Reads bytes up to `stop`. Returns false if the automaton is so large that it takes long: then the caller calls again. */
  advance(bytes: Uint8Array, stop: number): boolean {
    const { classOf } = this;
    let { table } = this;
    let row = this.#row;
    let at = this.#at;
    this.spent = 0;
    while (at < stop && row !== DEAD && this.spent <= MOST_SPENT) {
      const byteClass = classOf[bytes[at++] ?? 0] ?? 0;
      let transition = table[row + byteClass] ?? -1;
      if (transition < 0) {
        transition = this.step(row, byteClass);
        ({ table } = this);
      }
      row = transition >> 1;
      if ((transition & 1) === 1) this.end = at;
    }
    this.#row = row;
    this.#at = at;
    return at >= stop || row === DEAD;
  }

  protected successor(state: Int32Array, byteClass: number): { readonly members: readonly number[]; readonly isMarked: boolean } {
    const { accepted, next, accepts, classes } = this.program;
    const members: number[] = [];
    this.begin();
    for (const at of state) {
      const kind = accepted[at] ?? MATCH;
      if (accepts[kind * classes + byteClass] === 0) continue;
      // What is preferred less than a match that has ended is no match any more.
      if (this.reach(next[at] ?? 0, members, true)) return { members, isMarked: true };
    }
    return { members, isMarked: false };
  }
}
