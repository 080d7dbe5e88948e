/** The states of two memories side by side. */
import type { MemoryRange, MemoryState } from "@memslice/msl";
import type { Memory } from "../memory.js";

/** Offsets `[start, end)` in aligned addresses whose bytes are in one state on each side; not absent on both. */
export interface StatePair extends MemoryRange {
  readonly a: MemoryState;
  readonly b: MemoryState;
}

interface Stated extends MemoryRange {
  readonly state: MemoryState;
}

/** The states of a memory between two addresses, as offsets from the first one. A memory without `states` has captured bytes and nothing else. */
export async function* statesIn(
  memory: Memory,
  place: MemoryRange | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Stated, void, undefined> {
  if (!place) return;
  const base = place.start;
  if (memory.states) {
    for await (const { start, end, state } of memory.states(base, place.end, signal))
      yield { start: start - base, end: end - base, state };
  } else {
    for await (const { start, end } of memory.ranges(base, place.end, signal))
      yield { start: start - base, end: end - base, state: "captured" };
  }
}

/** Both lists, ascending and without overlaps, cut where the state of either side changes. */
export async function* statePairs(
  a: AsyncIterable<Stated> | Iterable<Stated>,
  b: AsyncIterable<Stated> | Iterable<Stated>,
): AsyncGenerator<StatePair, void, undefined> {
  const sides = [new Ahead(a), new Ahead(b)] as const;
  try {
    let at = 0n;
    for (;;) {
      const [first, second] = [await sides[0].from(at), await sides[1].from(at)];
      if (!first && !second) return;
      const isIn = (one: Stated | undefined) => one !== undefined && one.start <= at;
      if (!isIn(first) && !isIn(second)) {
        at = least(first?.start, second?.start);
        continue;
      }
      const end = least(isIn(first) ? first?.end : first?.start, isIn(second) ? second?.end : second?.start);
      const state = (one: Stated | undefined): MemoryState => (isIn(one) ? (one?.state ?? "absent") : "absent");
      yield { start: at, end, a: state(first), b: state(second) };
      at = end;
    }
  } finally {
    for (const side of sides) await side.leave();
  }
}

function least(first: bigint | undefined, second: bigint | undefined): bigint {
  if (first === undefined || second === undefined) return first ?? second ?? 0n;
  return first < second ? first : second;
}

/** The item of a list that contains an offset or follows it. */
class Ahead {
  readonly #items: AsyncIterator<Stated> | Iterator<Stated>;
  #item: Stated | undefined;
  #ended = false;

  constructor(items: AsyncIterable<Stated> | Iterable<Stated>) {
    this.#items = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  }

  async from(offset: bigint): Promise<Stated | undefined> {
    while (!this.#ended && (this.#item === undefined || this.#item.end <= offset)) {
      const { value, done } = await this.#items.next();
      this.#ended = done === true;
      this.#item = done ? undefined : value;
    }
    return this.#item;
  }

  async leave(): Promise<void> {
    await this.#items.return?.();
  }
}

/** Pairs that a span has at most. */
const MOST_PAIRS = 4096;

/**
 * Consecutive pairs that lie within `windowBytes`. A pair that is longer than a window is cut if its bytes are read, and otherwise alone. Spans begin and end at
 * the same places whenever the states are the same.
 */
export async function* spansOf(
  pairs: AsyncIterable<StatePair>,
  windowBytes: number,
): AsyncGenerator<StatePair[], void, undefined> {
  const window = BigInt(windowBytes);
  let span: StatePair[] = [];
  for await (const pair of pairs) {
    const first = span[0]?.start ?? pair.start;
    if (span.length > 0 && (pair.end - first > window || span.length === MOST_PAIRS)) {
      yield span;
      span = [];
    }
    let { start } = pair;
    while (areRead(pair) && pair.end - start > window) {
      yield [{ ...pair, start, end: start + window }];
      start += window;
    }
    span.push({ ...pair, start });
  }
  if (span.length > 0) yield span;
}

/** Whether both sides captured the bytes. */
export function areRead({ a, b }: StatePair): boolean {
  return a === "captured" && b === "captured";
}
