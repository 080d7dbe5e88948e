/** Puts together what lies on both sides of a border between two windows, and counts. */

import type { AlignedPart } from "./aligned-part.js";
import type { ChangedBytes, ChangedState, Difference, NotComparable } from "./difference.js";
import type { StatePair } from "./state-pairs.js";

/** All in bytes, except `ranges` and `pages`. */
export interface Counts {
  equal: bigint;
  changed: bigint;
  ranges: number;
  pages: bigint;
  added: bigint;
  removed: bigint;
  stateChanged: bigint;
  notComparable: bigint;
}

interface OpenRange {
  readonly start: bigint;
  end: bigint;
  changed: bigint;
}

/** The findings of one aligned part. Offsets are counted from its start, and ascend. */
export class Findings {
  readonly #part: AlignedPart;
  readonly #gap: bigint;
  readonly #pageSize: bigint;
  readonly #counts: Counts;
  #range: OpenRange | undefined;
  #state: StatePair | undefined;
  /** The number of the page that was counted last. */
  #page = -1n;
  /** Where the bytes end that were compared last. */
  #comparedTo = -1n;
  readonly #ready: Difference[] = [];

  constructor(part: AlignedPart, { gap, pageSize, counts }: { gap: number; pageSize: number; counts: Counts }) {
    this.#part = part;
    this.#gap = BigInt(gap);
    this.#pageSize = BigInt(pageSize);
    this.#counts = counts;
  }

  /** Bytes `[start, end)` are compared next. Ranges are joined if no other bytes lie between. */
  compared(start: bigint, end: bigint): void {
    if (this.#comparedTo !== start) this.#closeRange();
    this.#closeState();
    this.#comparedTo = end;
    this.#counts.equal += end - start;
  }

  changed(start: bigint, end: bigint, changed: bigint): void {
    this.#counts.equal -= changed;
    this.#counts.changed += changed;
    const range = this.#range;
    if (range && start - range.end <= this.#gap) {
      range.end = end;
      range.changed += changed;
      return;
    }
    this.#closeRange();
    this.#range = { start, end, changed };
  }

  state(pair: StatePair): void {
    this.#closeRange();
    if (pair.a === pair.b) {
      this.#closeState();
      return;
    }
    const last = this.#state;
    if (last && last.end === pair.start && last.a === pair.a && last.b === pair.b) {
      this.#state = { ...last, end: pair.end };
      return;
    }
    this.#closeState();
    this.#state = pair;
  }

  /** The differences that are complete, in order. */
  take(): Difference[] {
    return this.#ready.splice(0);
  }

  end(): void {
    this.#closeRange();
    this.#closeState();
  }

  #closeRange(): void {
    const range = this.#range;
    if (!range) return;
    this.#range = undefined;
    const { start, end, changed } = range;
    const a = (this.#part.a?.start ?? 0n) + start;
    const b = (this.#part.b?.start ?? 0n) + start;
    const first = a / this.#pageSize;
    const last = (a + (end - start) - 1n) / this.#pageSize;
    this.#counts.pages += last - first + (first === this.#page ? 0n : 1n);
    this.#page = last;
    this.#counts.ranges++;
    this.#ready.push({ kind: "bytes", a, b, length: end - start, changed } satisfies ChangedBytes);
  }

  #closeState(): void {
    const pair = this.#state;
    if (!pair) return;
    this.#state = undefined;
    const { a, b, ambiguous } = this.#part;
    const length = pair.end - pair.start;
    const places = { ...(a && { a: a.start + pair.start }), ...(b && { b: b.start + pair.start }) };
    if (ambiguous !== undefined) {
      this.#counts.notComparable += length;
      this.#ready.push({ kind: "not-comparable", ...places, length, reason: ambiguous } satisfies NotComparable);
      return;
    }
    const change = pair.a === "absent" ? "added" : pair.b === "absent" ? "removed" : "state";
    this.#counts[change === "state" ? "stateChanged" : change] += length;
    this.#ready.push({ kind: "state", change, ...places, length, from: pair.a, to: pair.b } satisfies ChangedState);
  }
}
