/** How regions of memory point at each other. */
import { type MemoryRange, MslError } from "@memslice/msl";
import {
  ADDRESS_SPACE_END,
  callback,
  countOf,
  requireOptions,
  runInSlices,
  signal,
  sortInSlices,
  THREADS,
  TimeSlice,
  tableOf,
} from "@memslice/msl/work";
import type { ProgressOption } from "../asking/progress.js";
import { eachAnswer, type QuestionResult } from "../asking/question.js";
import type { ThreadsOption } from "../asking/threads.js";
import { ownedRanges } from "../intervals.js";
import type { Memory } from "../memory.js";
import { firstsAndLasts, WORD_OVERLAP, WORDS, type WordOptions, type WordSpec, wordSpec } from "./words.js";

/** Options of `pointerTable`. */
export interface PointerTableOptions extends WordOptions, ThreadsOption, ProgressOption {
  /** The most pairs of regions that are held. Default 1,000,000. */
  readonly mostPairs?: number;
  readonly signal?: AbortSignal;
}

export const POINTER_TABLE = tableOf<PointerTableOptions>("pointerTable")({
  ...WORDS,
  threads: THREADS,
  onProgress: callback(),
  mostPairs: countOf("pairs of regions"),
  signal,
});

/** Pointers from one region to another, or to itself. */
export interface PointerCount {
  /** Index of the region in which the pointers stand. */
  readonly from: number;
  /** Index of the region into which they point. */
  readonly to: number;
  /** At least 1. */
  readonly count: number;
}

/** How regions point at each other: a row for each pair of regions of which one holds pointers into the other. */
export interface PointerTable extends QuestionResult {
  /** Pairs of regions with pointers, ascending by `from`, then by `to`. */
  readonly counts: readonly PointerCount[];
}

/** Pairs between two steps, which take about as many units of work. */
const PAIRS_PER_STEP = 1024;

/**
 * Counts the pointers from each region into each. A pointer stands in the region that holds its first byte, and may end behind it. Where regions overlap, an address belongs
 * to the one that starts first. Throws `usage` for options that make no sense and without regions, `limit` for more than `mostPairs` pairs, and
 * what the memory throws.
 */
export async function pointerTable(
  memory: Memory,
  regions: readonly MemoryRange[],
  options: PointerTableOptions = {},
): Promise<PointerTable> {
  requireOptions(POINTER_TABLE, options);
  const { mostPairs = 1_000_000, signal } = options;
  const owned = await ownedRanges(regions, signal);
  const [first, last] = [owned[0], owned.at(-1)];
  if (!first || !last) throw new MslError("usage", "There is no region to count pointers in");
  const spec = {
    words: await runInSlices(wordSpec(owned, options), signal),
    ...(await runInSlices(firstsAndLasts(owned), signal)),
  };
  const table = new Map<number, number>();
  const bounds = { ...options, from: first.start, to: endOfWords(last.end, spec.words) };
  const asked = await eachAnswer(memory, { kind: "pointerCounts", spec, overlap: WORD_OVERLAP }, bounds, function* ({ answer }) {
    for (const [i, found] of answer.counts.entries()) {
      if (i % PAIRS_PER_STEP === PAIRS_PER_STEP - 1) yield PAIRS_PER_STEP;
      // Ranges keep their order, so that the intervals of words are the first ones of `owned`.
      const pair = (owned[answer.from[i] ?? 0]?.index ?? 0) * regions.length + (owned[answer.to[i] ?? 0]?.index ?? 0);
      table.set(pair, (table.get(pair) ?? 0) + found);
    }
    if (table.size > mostPairs) {
      throw new MslError(
        "limit",
        `More than ${mostPairs} pairs of regions have pointers: ask about fewer regions, or raise mostPairs`,
      );
    }
  });
  return { counts: await inOrder(table, regions.length, signal), ...asked };
}

/** `table`: counts by pair, which is the index of one of the `regions` regions times their number, plus the index of another one. */
async function inOrder(
  table: ReadonlyMap<number, number>,
  regions: number,
  signal: AbortSignal | undefined,
): Promise<PointerCount[]> {
  const slice = new TimeSlice(signal);
  const pairs = Float64Array.from(table.keys());
  const before = (a: number, b: number) => (pairs[a] ?? 0) < (pairs[b] ?? 0);
  const counts: PointerCount[] = [];
  for (const i of await sortInSlices(Uint32Array.from(pairs.keys()), before, slice)) {
    if (slice.isSpent()) await slice.renew();
    const pair = pairs[i] ?? 0;
    counts.push({ from: Math.floor(pair / regions), to: pair % regions, count: table.get(pair) ?? 0 });
  }
  return counts;
}

/** The end of the last word whose first byte lies before `end`. */
function endOfWords(end: bigint, { width, alignment = width }: WordSpec): bigint {
  const last = end - 1n - ((end - 1n) % BigInt(alignment));
  const behind = last + BigInt(width);
  if (behind <= end) return end;
  return behind < ADDRESS_SPACE_END ? behind : ADDRESS_SPACE_END;
}
