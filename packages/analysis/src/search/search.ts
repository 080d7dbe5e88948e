/** Search for patterns in memory. */
import { MslError, type ThreadUse } from "@memslice/msl";
import { answersOf } from "../asking/ask.js";
import { QuestionThreads, type ThreadsOption } from "../asking/threads.js";
import { type Coverage, CoverageCount } from "../coverage.js";
import { ADDRESS_SPACE_END, type Memory } from "../memory.js";
import type { BytePattern } from "./pattern.js";

/** Options of `search`. */
export interface SearchOptions extends ThreadsOption {
  /** The first address, and the address behind the last one. Default: the whole address space. Matches lie between them. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** The most matches. Default: no limit. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A place where a pattern matches. */
export interface Match {
  readonly address: bigint;
  /** Index of the pattern that matches. */
  readonly pattern: number;
  /** Bytes that match. */
  readonly length: number;
}

/** Matches in batches, in the order of their addresses; at one address in the order of the patterns. */
export interface Search extends AsyncIterable<readonly Match[]> {
  /** How much of memory was searched. Throws `usage` before the search has ended. */
  readonly coverage: Coverage;
  /** How many threads have looked so far, and why fewer than were asked for. */
  readonly threads: ThreadUse;
}

/** Searches memory for patterns. No match lies across a hole. Throws `usage` without patterns, and what the memory throws. */
export function search(memory: Memory, patterns: readonly BytePattern[], options: SearchOptions = {}): Search {
  if (patterns.length === 0) throw new MslError("usage", "There is no pattern to search for");
  const threads = new QuestionThreads(options.threads);
  let coverage: Coverage | undefined;
  async function* run(): AsyncGenerator<readonly Match[], void, undefined> {
    const { from = 0n, to = ADDRESS_SPACE_END, limit = Number.POSITIVE_INFINITY, signal } = options;
    const lengths = patterns.map(({ values }) => values.length);
    const overlap = Math.max(...lengths) - 1;
    const count = new CoverageCount();
    let left = limit;
    try {
      const asked = { overlap, from, to, threads, coverage: count, ...(signal && { signal }) };
      for await (const { address, answer } of answersOf(memory, "patterns", { patterns }, asked)) {
        const matches: Match[] = [];
        for (const [i, offset] of answer.offsets.entries()) {
          if (matches.length === left) break;
          const pattern = answer.patterns[i] ?? 0;
          matches.push({ address: address + BigInt(offset), pattern, length: lengths[pattern] ?? 0 });
        }
        left -= matches.length;
        if (matches.length > 0) yield matches;
        if (left === 0) return;
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
      throw new MslError("usage", "The coverage of a search is known when the search has ended");
    },
  };
}
