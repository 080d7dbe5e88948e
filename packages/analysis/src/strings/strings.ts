/** Strings in memory, with their addresses. */
import { MslError, type ThreadUse } from "@memslice/msl";
import { answersOf } from "../asking/ask.js";
import { checkBounds } from "../asking/bounds.js";
import { QuestionThreads, type ThreadsOption } from "../asking/threads.js";
import { type Coverage, CoverageCount } from "../coverage.js";
import { ADDRESS_SPACE_END, type Memory } from "../memory.js";
import { OpenRuns } from "./open-runs.js";
import { STRING_ENCODINGS, type StringEncoding } from "./text-looker.js";

export interface StringsOptions extends ThreadsOption {
  /** The fewest characters of a string. Default 4. */
  readonly minimum?: number;
  /** Default: ascii and utf-16le. */
  readonly encodings?: readonly StringEncoding[];
  /** The first address, and the address behind the last one. Default: the whole address space. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** The most strings. Default: no limit. */
  readonly limit?: number;
  /** The most characters of a string that are returned: `length` counts all bytes of a longer one. Default 4,096. */
  readonly longest?: number;
  readonly signal?: AbortSignal;
}

/** A string, and where it stands. */
export interface MemoryString {
  readonly address: bigint;
  /** Bytes of the string in memory. */
  readonly length: number;
  readonly encoding: StringEncoding;
  /** The characters, at most `longest`. */
  readonly text: string;
}

/** Strings in batches, in the order of their addresses; at one address in the order of the encodings. */
export interface Strings extends AsyncIterable<readonly MemoryString[]> {
  /** How much of memory was searched. Throws `usage` before the end. */
  readonly coverage: Coverage;
  /** How many threads have looked so far, and why fewer than were asked for. */
  readonly threads: ThreadUse;
}

/** A character of UTF-16 may lie on both sides of a border between two pieces. */
const OVERLAP = 2;

/**
 * Strings as GNU strings finds them: runs of printable characters of ASCII and tabs, at any alignment, in one byte or in two. With "utf-8", other
 * characters count, too; controls and bytes that are no UTF-8 end a string. No string lies across a hole. Throws `usage` for options that make no
 * sense, and what the memory throws.
 */
export function strings(memory: Memory, options: StringsOptions = {}): Strings {
  const { minimum = 4, limit = Number.POSITIVE_INFINITY, longest = 4096 } = options;
  const encodings = [...new Set(options.encodings ?? (["ascii", "utf-16le"] as const))];
  checkBounds(options);
  const unknown = encodings.find((encoding) => !STRING_ENCODINGS.includes(encoding));
  if (unknown !== undefined) {
    throw new MslError(
      "usage",
      `There is no encoding ${JSON.stringify(unknown)}, expected one of ${STRING_ENCODINGS.join(", ")}`,
    );
  }
  if (!Number.isSafeInteger(longest) || longest < 0) {
    throw new MslError("usage", `The longest text is ${longest} characters, expected a whole number`);
  }
  if (!Number.isSafeInteger(minimum) || minimum < 1) {
    throw new MslError("usage", `The minimum is ${minimum} characters, expected a whole number from 1`);
  }
  if (encodings.length === 0) throw new MslError("usage", "There is no encoding to look for");
  const threads = new QuestionThreads(options.threads);
  let coverage: Coverage | undefined;
  async function* run(): AsyncGenerator<readonly MemoryString[], void, undefined> {
    const { from = 0n, to = ADDRESS_SPACE_END, signal } = options;
    const count = new CoverageCount();
    const open = new OpenRuns({ minimum, longest, encodings });
    let left = limit;
    try {
      const asked = { overlap: OVERLAP, from, to, threads, coverage: count, ...(signal && { signal }) };
      for await (const answered of answersOf(memory, "text", { encodings, minimum }, asked)) {
        const found = open.closedBy(answered).slice(0, left);
        left -= found.length;
        if (found.length > 0) yield found;
        if (left === 0) {
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
      throw new MslError("usage", "The coverage is known when all strings have been found");
    },
  };
}
