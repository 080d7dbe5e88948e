/** Compiles regular expressions to instructions for automata: Thompson's construction, with preferences. */
import { MslError } from "@memslice/msl";
import type { ByteSet } from "./byte-set.js";
import { lengthsOf, type Node } from "./syntax.js";

/** `accepted[i]` of an instruction that takes no byte: it goes on to `next[i]`, or to `other[i]` if that one fails. */
export const SPLIT = -1;
/** `accepted[i]` of the instruction that ends a match. */
export const MATCH = -2;

/** Instructions by their index. Plain data, which can be sent to another thread. */
export interface Program {
  readonly start: number;
  /** The index of the set of bytes that the instruction accepts, `SPLIT` or `MATCH`. */
  readonly accepted: Int32Array;
  readonly next: Int32Array;
  readonly other: Int32Array;
  /** Bytes that no set tells apart are one class. */
  readonly classOf: Uint8Array;
  readonly classes: number;
  /** Whether a set accepts a class: `accepts[set * classes + class]` is 1. */
  readonly accepts: Uint8Array;
}

/** Instructions are characters of keys: none may be a surrogate. */
const MOST_INSTRUCTIONS = 20_000;

/** `backwards`: for bytes that are read from the last one to the first. Throws `usage` for an expression that needs too many instructions. */
export function compileProgram(node: Node, backwards: boolean): Program {
  const compiler = new Compiler(backwards);
  const start = compiler.emit(node, compiler.add(MATCH, 0, 0));
  return compiler.program(start);
}

class Compiler {
  readonly #backwards: boolean;
  readonly #accepted: number[] = [];
  readonly #next: number[] = [];
  readonly #other: number[] = [];
  readonly #sets: ByteSet[] = [];
  readonly #indexes = new Map<string, number>();

  constructor(backwards: boolean) {
    this.#backwards = backwards;
  }

  add(accepted: number, next: number, other: number): number {
    if (this.#accepted.length >= MOST_INSTRUCTIONS) {
      throw new MslError(
        "usage",
        `The regular expression needs more than ${MOST_INSTRUCTIONS} instructions: repeat less often, or search for a part of it`,
      );
    }
    this.#next.push(next);
    this.#other.push(other);
    return this.#accepted.push(accepted) - 1;
  }

  /** Instructions that match `node`, and go on to `next`. Returns the first one. */
  emit(node: Node, next: number): number {
    switch (node.kind) {
      case "empty":
        return next;
      case "set":
        return this.add(this.#setIndex(node.bytes), next, 0);
      case "sequence": {
        const last = this.#backwards ? node.parts : node.parts.toReversed();
        return last.reduce((behind, part) => this.emit(part, behind), next);
      }
      case "choice": {
        const [last = next, ...before] = node.options.map((option) => this.emit(option, next)).reverse();
        return before.reduce((rest, entry) => this.add(SPLIT, entry, rest), last);
      }
      case "repeat":
        return this.#repeat(node, next);
    }
  }

  #repeat({ part, least, most, greedy }: Extract<Node, { kind: "repeat" }>, next: number): number {
    let entry = next;
    if (most === Number.POSITIVE_INFINITY) {
      entry = least > 0 ? this.#loop(part, greedy, next) : this.#star(part, greedy, next);
    } else {
      for (let i = least; i < most; i++) entry = this.#either(this.emit(part, entry), next, greedy);
    }
    const copies = most === Number.POSITIVE_INFINITY ? least - 1 : least;
    for (let i = 0; i < copies; i++) entry = this.emit(part, entry);
    return entry;
  }

  /** A part that may be empty is repeated as (part+)?, so that its preferences count in the first round, too. */
  #star(part: Node, greedy: boolean, next: number): number {
    if (lengthsOf(part).least === 0) return this.#either(this.#loop(part, greedy, next), next, greedy);
    const split = this.#either(0, next, greedy);
    this.#enter(split, this.emit(part, split), greedy);
    return split;
  }

  /** The part once or more often. */
  #loop(part: Node, greedy: boolean, next: number): number {
    const split = this.#either(0, next, greedy);
    const entry = this.emit(part, split);
    this.#enter(split, entry, greedy);
    return entry;
  }

  #either(inside: number, next: number, greedy: boolean): number {
    return greedy ? this.add(SPLIT, inside, next) : this.add(SPLIT, next, inside);
  }

  #enter(split: number, inside: number, greedy: boolean): void {
    if (greedy) this.#next[split] = inside;
    else this.#other[split] = inside;
  }

  #setIndex(bytes: ByteSet): number {
    const key = bytes.join("");
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.#sets.push(bytes) - 1;
      this.#indexes.set(key, index);
    }
    return index;
  }

  program(start: number): Program {
    const sets = this.#sets;
    const classOf = new Uint8Array(256);
    let classes = 1;
    for (const set of sets) {
      const numbers = new Map<number, number>();
      for (let byte = 0; byte < 256; byte++) {
        const key = 2 * (classOf[byte] ?? 0) + (set[byte] ?? 0);
        const number = numbers.get(key) ?? numbers.size;
        numbers.set(key, number);
        classOf[byte] = number;
      }
      classes = numbers.size;
    }
    const accepts = new Uint8Array(sets.length * classes);
    for (const [index, set] of sets.entries()) {
      for (let byte = 0; byte < 256; byte++) accepts[index * classes + (classOf[byte] ?? 0)] = set[byte] ?? 0;
    }
    return {
      start,
      accepted: Int32Array.from(this.#accepted),
      next: Int32Array.from(this.#next),
      other: Int32Array.from(this.#other),
      classOf,
      classes,
      accepts,
    };
  }
}
