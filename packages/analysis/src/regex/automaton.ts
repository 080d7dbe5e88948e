/**
 * Deterministic automata, made of a program while bytes are read: a state is a set of instructions, and is computed when it is first needed. So the time
 * for a byte has a bound, whatever the expression is, and the memory, too: a full table is emptied.
 */
import { MATCH, type Program, SPLIT } from "./program.js";

/** Cells of the table of transitions: 4 MiB. */
const MOST_CELLS = 1 << 20;
const FIRST_CELLS = 1 << 12;
/** Instructions in all states together: 8 MiB. */
const MOST_MEMBERS = 1 << 21;
const UNKNOWN = -1;

/** The row of the state that no byte leads out of. */
export const DEAD = 0;

/**
 * A transition is a number: twice the row of the next state in the table, plus 1 if a match ends (or, backwards, begins) with the byte that was read.
 */
export abstract class Automaton {
  readonly classOf: Uint8Array;
  protected readonly program: Program;
  /** Transitions by row and class; negative ones are unknown: `step` computes them. */
  table: Int32Array;
  /** Instructions that were followed since the caller set it to 0: what `step` took. */
  spent = 0;
  #states: Int32Array[] = [];
  #rows = new Map<string, number>();
  #members = 0;
  readonly #seen: Uint32Array;
  #generation = 0;
  readonly #stack: number[] = [];

  constructor(program: Program) {
    this.program = program;
    this.classOf = program.classOf;
    this.table = new Int32Array(FIRST_CELLS + program.classes);
    this.#seen = new Uint32Array(program.accepted.length);
    this.#clear();
  }

  /** The transition from the state at `row` with bytes of the class. Rows that the caller holds are invalid from now on, but for the new one and `DEAD`. */
  step(row: number, byteClass: number): number {
    const { classes } = this.program;
    const state = this.#states[row / classes] ?? new Int32Array(0);
    const { members, isMarked } = this.successor(state, byteClass);
    this.spent += 1 + state.length + members.length;
    const isFull = this.#isFull(members.length);
    if (isFull) this.#clear();
    const transition = 2 * this.rowOf(members) + (isMarked ? 1 : 0);
    if (!isFull) this.table[row + byteClass] = transition;
    return transition;
  }

  /** The state after bytes of the class, and whether a match ends there. */
  protected abstract successor(
    state: Int32Array,
    byteClass: number,
  ): { readonly members: readonly number[]; readonly isMarked: boolean };

  /** The row of the state with these instructions. */
  protected rowOf(members: readonly number[]): number {
    if (members.length === 0) return DEAD;
    const key = keyOf(members);
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const { classes } = this.program;
    const row = classes * (this.#states.push(Int32Array.from(members)) - 1);
    this.#members += members.length;
    this.#rows.set(key, row);
    this.#grow(row + classes);
    return row;
  }

  /** Begins to collect instructions, each once. */
  protected begin(): void {
    this.#generation++;
  }

  /**
   * Adds the instructions that take a byte, and are reached from this one without a byte, in the order of preference. Returns whether the match is one
   * of them; with `endsAtMatch`, those that are preferred less are left out.
   */
  protected reach(from: number, members: number[], endsAtMatch: boolean): boolean {
    const { accepted, next, other } = this.program;
    const stack = this.#stack;
    let matches = false;
    stack.push(from);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.#seen[at] === this.#generation) continue;
      this.#seen[at] = this.#generation;
      this.spent++;
      const kind = accepted[at] ?? MATCH;
      if (kind === SPLIT) stack.push(other[at] ?? 0, next[at] ?? 0);
      else if (kind !== MATCH) members.push(at);
      else {
        matches = true;
        if (endsAtMatch) stack.length = 0;
      }
    }
    return matches;
  }

  #isFull(members: number): boolean {
    const { classes } = this.program;
    return (this.#states.length + 1) * classes > MOST_CELLS || this.#members + members > MOST_MEMBERS;
  }

  #clear(): void {
    this.#rows = new Map();
    this.#states = [new Int32Array(0)];
    this.#members = 0;
    this.table.fill(UNKNOWN);
    // From the dead state, every byte leads to it.
    this.table.fill(2 * DEAD, 0, this.program.classes);
  }

  #grow(cells: number): void {
    if (cells <= this.table.length) return;
    const table = new Int32Array(2 * cells).fill(UNKNOWN);
    table.set(this.table);
    this.table = table;
  }
}

/** Indexes of instructions as characters; few enough at a time for the arguments of a function. */
function keyOf(members: readonly number[]): string {
  let key = "";
  for (let at = 0; at < members.length; at += 4096) key += String.fromCharCode(...members.slice(at, at + 4096));
  return key;
}
