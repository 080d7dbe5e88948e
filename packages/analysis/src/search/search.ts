/** Search for patterns in memory. */
import { MslError, type ThreadUse } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { type Answered, answersOf } from "../asking/ask.js";
import { checkBounds } from "../asking/bounds.js";
import { QuestionThreads, type ThreadsOption } from "../asking/threads.js";
import { type Coverage, CoverageCount } from "../coverage.js";
import { ADDRESS_SPACE_END, type Memory, type MemoryContent } from "../memory.js";
import type { BytePattern } from "./pattern.js";
import type { PatternOffsets } from "./patterns-looker.js";

/** Options of `countMatches`. */
export interface CountOptions extends ThreadsOption {
  /** The first address, and the address behind the last one. Default: the whole address space. Matches lie between them. */
  readonly from?: bigint;
  readonly to?: bigint;
  readonly signal?: AbortSignal;
}

/** Options of `search`. */
export interface SearchOptions extends CountOptions {
  /** The most matches. Default: no limit. */
  readonly limit?: number;
  /** Bytes before and behind each match that are read with it, up to 65,536. Default 0: no bytes are read. */
  readonly context?: number;
}

/** A place where a pattern matches. */
export interface Match {
  readonly address: bigint;
  /** Index of the pattern that matches. */
  readonly pattern: number;
  /** Bytes that match. */
  readonly length: number;
  /**
   * The match and the bytes around it, if `context` asks for them: segments with their states, in the order of addresses. Only captured segments have
   * bytes. Addresses outside the address space are left out.
   */
  readonly context?: MemoryContent;
}

/** Matches in batches, in the order of their addresses; at one address in the order of the patterns. */
export interface Search extends AsyncIterable<readonly Match[]> {
  /** How much of memory was searched. Throws `usage` before the search has ended. */
  readonly coverage: Coverage;
  /** How many threads have looked so far, and why fewer than were asked for. */
  readonly threads: ThreadUse;
}

/** What `countMatches` finds. */
export interface MatchCounts {
  /** Matches of each pattern, in the order of the patterns; overlapping ones count. */
  readonly counts: readonly number[];
  /** How much of memory was searched. */
  readonly coverage: Coverage;
  /** How many threads looked, and why fewer than were asked for. */
  readonly threads: ThreadUse;
}

/** Matches in a batch at most, alone and with their context. */
const BATCH = 4096;
const BATCH_WITH_CONTEXT = 64;
const MOST_CONTEXT = 65_536;
/** A window of memory has to hold twice the bytes that two windows share. */
const MOST_PATTERN_BYTES = 524_288;
/** Characters of the name of a pattern in a message. */
const SHOWN_NAME = 40;

/** Searches memory for patterns. No match lies across a hole. Throws `usage` for wrong options and without patterns, and what the memory throws. */
export function search(memory: Memory, patterns: readonly BytePattern[], options: SearchOptions = {}): Search {
  const { from = 0n, to = ADDRESS_SPACE_END, limit = Number.POSITIVE_INFINITY, context = 0, signal } = options;
  if (!Number.isSafeInteger(context) || context < 0 || context > MOST_CONTEXT) {
    throw new MslError("usage", `The context is ${context} bytes, expected a whole number from 0 to ${MOST_CONTEXT}`);
  }
  const asking = new Asking(memory, patterns, options);
  let coverage: Coverage | undefined;
  async function* run(): AsyncGenerator<readonly Match[], void, undefined> {
    const count = new CoverageCount();
    const slice = new TimeSlice(signal);
    const most = context > 0 ? BATCH_WITH_CONTEXT : BATCH;
    let left = limit;
    try {
      for await (const { address, answer } of asking.answers(count)) {
        const { offsets } = answer;
        for (let i = 0; i < offsets.length && left > 0; ) {
          const matches: Match[] = [];
          for (const end = i + Math.min(most, left, offsets.length - i); i < end; i++) {
            const pattern = answer.patterns[i] ?? 0;
            const match = { address: address + BigInt(offsets[i] ?? 0), pattern, length: patterns[pattern]?.values.length ?? 0 };
            matches.push(context > 0 ? { ...match, context: await contextOf(memory, match, context, signal) } : match);
          }
          left -= matches.length;
          yield matches;
          if (slice.isSpent(matches.length)) await slice.renew();
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
      return asking.threads.use;
    },
    get coverage() {
      if (coverage) return coverage;
      throw new MslError("usage", "The coverage of a search is known when the search has ended");
    },
  };
}

/** Counts the matches of patterns, as `search` finds them. Throws `usage` without patterns, and what the memory throws. */
export async function countMatches(
  memory: Memory,
  patterns: readonly BytePattern[],
  options: CountOptions = {},
): Promise<MatchCounts> {
  const { from = 0n, to = ADDRESS_SPACE_END, signal } = options;
  const asking = new Asking(memory, patterns, options);
  const counts = patterns.map(() => 0);
  const count = new CoverageCount();
  for await (const { answer } of asking.answers(count)) {
    for (const pattern of answer.patterns) counts[pattern] = (counts[pattern] ?? 0) + 1;
  }
  return { counts, coverage: await count.end(memory, from, to, signal), threads: asking.threads.use };
}

/** Throws `usage` for a pattern that cannot be searched for. */
function checkPattern({ name, values, masks }: BytePattern): void {
  const { length } = values;
  const shown = JSON.stringify(name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name);
  if (length < 1 || length > MOST_PATTERN_BYTES) {
    throw new MslError("usage", `The pattern ${shown} has ${length} bytes, expected 1 to ${MOST_PATTERN_BYTES}`);
  }
  if (masks.length !== length) {
    throw new MslError(
      "usage",
      `The pattern ${shown} has ${length} values and ${masks.length} masks, expected a mask for each value`,
    );
  }
}

/** A search for patterns, in pieces of memory. */
class Asking {
  readonly threads: QuestionThreads;
  readonly #memory: Memory;
  readonly #patterns: readonly BytePattern[];
  readonly #options: CountOptions;

  /** Throws `usage`. */
  constructor(memory: Memory, patterns: readonly BytePattern[], options: CountOptions) {
    checkBounds(options);
    if (patterns.length === 0) throw new MslError("usage", "There is no pattern to search for");
    for (const pattern of patterns) checkPattern(pattern);
    this.threads = new QuestionThreads(options.threads);
    this.#memory = memory;
    this.#patterns = patterns;
    this.#options = options;
  }

  answers(coverage: CoverageCount): AsyncGenerator<Answered<PatternOffsets>, void, undefined> {
    const { from = 0n, to = ADDRESS_SPACE_END, signal } = this.#options;
    const patterns = this.#patterns;
    const overlap = patterns.reduce((longest, { values }) => Math.max(longest, values.length), 1) - 1;
    const options = { overlap, from, to, threads: this.threads, coverage, ...(signal && { signal }) };
    return answersOf(this.#memory, "patterns", { patterns }, options);
  }
}

/** The match, and `context` bytes before and behind it. */
async function contextOf(
  memory: Memory,
  { address, length }: Match,
  context: number,
  signal: AbortSignal | undefined,
): Promise<MemoryContent> {
  const around = BigInt(context);
  const start = address > around ? address - around : 0n;
  const behind = address + BigInt(length) + around;
  const end = behind < ADDRESS_SPACE_END ? behind : ADDRESS_SPACE_END;
  return memory.readInto(new Uint8Array(Number(end - start)), start, signal);
}
