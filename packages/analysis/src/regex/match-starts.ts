/** Where matches begin: bytes are read from the last one to the first, with a program for bytes that are read backwards. */
import { Automaton } from "./automaton.js";
import { MATCH, type Program } from "./program.js";

/** Instructions that `mark` follows before it returns. */
const MOST_SPENT = 50_000;

export class MatchStarts extends Automaton {
  /** The instructions that begin a match: one may end at every byte. */
  readonly #initial: readonly number[];
  /** For each byte 1 if no match can end with it: it changes nothing while no match is open. */
  readonly #idle: Uint8Array;
  #row = 0;

  constructor(program: Program) {
    super(program);
    const initial: number[] = [];
    this.begin();
    this.reach(program.start, initial, false);
    this.#initial = initial.sort((a, b) => a - b);
    const { accepted, accepts, classes, classOf } = program;
    const ends = (byteClass: number) => initial.some((at) => accepts[(accepted[at] ?? 0) * classes + byteClass] === 1);
    this.#idle = classOf.map((byteClass) => (ends(byteClass) ? 0 : 1));
    this.reset();
  }

  /** No byte has been read. */
  reset(): void {
    this.#row = this.rowOf(this.#initial);
  }

  /**
   * Reads the bytes from `end` down to `start`, and sets `marks[i]` to 1 where a match of one byte or more begins at `i` and ends among the bytes that
   * were read since `reset`, to 0 elsewhere. Returns the offset down to which it came: not `start` if the automaton is so large that it takes long.
   */
  mark(bytes: Uint8Array, start: number, end: number, marks: Uint8Array): number {
    const { classOf } = this;
    const idle = this.#idle;
    let { table } = this;
    let row = this.#row;
    let at = end;
    let empty = this.rowOf(this.#initial);
    this.spent = 0;
    marks.fill(0, start, end);
    while (at > start && this.spent <= MOST_SPENT) {
      if (row === empty) {
        while (at > start && idle[bytes[at - 1] ?? 0] === 1) at--;
        if (at === start) break;
      }
      at--;
      const byteClass = classOf[bytes[at] ?? 0] ?? 0;
      let transition = table[row + byteClass] ?? -1;
      if (transition < 0) {
        transition = this.step(row, byteClass);
        empty = this.rowOf(this.#initial);
        ({ table } = this);
      }
      marks[at] = transition & 1;
      row = transition >> 1;
    }
    this.#row = row;
    return at;
  }

  protected successor(state: Int32Array, byteClass: number): { readonly members: readonly number[]; readonly isMarked: boolean } {
    const { accepted, next, accepts, classes } = this.program;
    const members: number[] = [];
    let isMarked = false;
    this.begin();
    for (const at of state) {
      const kind = accepted[at] ?? MATCH;
      if (accepts[kind * classes + byteClass] === 1) isMarked = this.reach(next[at] ?? 0, members, false) || isMarked;
    }
    const all = new Set([...members, ...this.#initial]);
    return { members: [...all].sort((a, b) => a - b), isMarked };
  }
}
