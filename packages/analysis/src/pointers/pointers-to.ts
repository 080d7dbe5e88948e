/** Who points at a place in memory. */
import { type MemoryRange, MslError, type ThreadUse } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { answersOf } from "../asking/ask.js";
import { checkBounds } from "../asking/bounds.js";
import { QuestionThreads, type ThreadsOption } from "../asking/threads.js";
import { type Coverage, CoverageCount } from "../coverage.js";
import { hex, joinedRanges } from "../intervals.js";
import { ADDRESS_SPACE_END, type Memory } from "../memory.js";
import { WORD_OVERLAP, type WordOptions, wordSpec } from "./words.js";

/** A value, a range of addresses, or several ranges, such as those of a module. */
export type PointerTarget = bigint | MemoryRange | readonly MemoryRange[];

/** Options of `pointersTo`. */
export interface PointersOptions extends WordOptions, ThreadsOption {
  /** The first address, and the address behind the last one, of the memory that is searched. Default: the whole address space. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** The most pointers. Default: no limit. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A word that points into the target. */
export interface Pointer {
  /** Where the word stands. */
  readonly address: bigint;
  /** The word as it stands in memory, with ignored bits. */
  readonly value: bigint;
}

/** Pointers in batches, in the order of their addresses. */
export interface Pointers extends AsyncIterable<readonly Pointer[]> {
  /** How much of memory was searched. Throws `usage` before the search has ended. */
  readonly coverage: Coverage;
  /** How many threads have looked so far, and why fewer than were asked for. */
  readonly threads: ThreadUse;
}

/** Pointers in a batch at most. */
const BATCH = 4096;

/**
 * Finds the words of memory that point into the target. No word lies across a hole. Throws `usage` for options that make no sense and targets that no
 * word can point to, and what the memory throws.
 */
export function pointersTo(memory: Memory, target: PointerTarget, options: PointersOptions = {}): Pointers {
  checkBounds(options);
  const spec = wordSpec(rangesOf(target, options.ignoredBits ?? 0n), options);
  const threads = new QuestionThreads(options.threads);
  let coverage: Coverage | undefined;
  async function* run(): AsyncGenerator<readonly Pointer[], void, undefined> {
    const { from = 0n, to = ADDRESS_SPACE_END, limit = Number.POSITIVE_INFINITY, signal } = options;
    const count = new CoverageCount();
    const slice = new TimeSlice(signal);
    let left = limit;
    try {
      const asked = { overlap: WORD_OVERLAP, from, to, threads, coverage: count, ...(signal && { signal }) };
      for await (const { address, answer } of answersOf(memory, "words", spec, asked)) {
        const { offsets, values } = answer;
        for (let i = 0; i < offsets.length && left > 0; ) {
          const pointers: Pointer[] = [];
          for (const end = i + Math.min(BATCH, left, offsets.length - i); i < end; i++) {
            pointers.push({ address: address + BigInt(offsets[i] ?? 0), value: values[i] ?? 0n });
          }
          left -= pointers.length;
          yield pointers;
          if (slice.isSpent(pointers.length)) await slice.renew();
        }
        if (left <= 0) {
          count.endAtLimit();
          return;
        }
      }
    } finally {
      coverage = await count.end(memory, from, to, signal);
    }
  }
  return {
    [Symbol.asyncIterator]: run,
    get threads() {
      return threads.use;
    },
    get coverage() {
      if (coverage) return coverage;
      throw new MslError("usage", "The coverage is known when all pointers have been found");
    },
  };
}

function rangesOf(target: PointerTarget, ignoredBits: bigint): readonly MemoryRange[] {
  if (typeof target !== "bigint") {
    const ranges = "start" in target ? [target] : target;
    if (ranges.length === 0) throw new MslError("usage", "There is no range to find pointers to");
    return joinedRanges(ranges);
  }
  if ((target & ignoredBits) !== 0n) {
    throw new MslError("usage", `The target ${hex(target)} has ignored bits (${hex(ignoredBits)}), which are compared as 0`);
  }
  return joinedRanges([{ start: target, end: target + 1n }]);
}
