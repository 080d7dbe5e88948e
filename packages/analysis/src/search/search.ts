/** Search for patterns in memory. */
import { packPatterns } from "@memslice/core-wasm/scan";
import { MslError } from "@memslice/msl";
import {
  type CutQuestion,
  eachAnswer,
  type Findings,
  type FindingsOptions,
  findingsOf,
  type QuestionOptions,
  type QuestionResult,
} from "../asking/question.js";
import { ADDRESS_SPACE_END, type Memory, type MemoryContent } from "../memory.js";
import type { BytePattern } from "./pattern.js";

/** Options of `countMatches`. */
export type CountOptions = QuestionOptions;

/** Options of `search`. */
export interface SearchOptions extends FindingsOptions {
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
export type Search = Findings<readonly Match[]>;

/** What `countMatches` finds. */
export interface MatchCounts extends QuestionResult {
  /** Matches of each pattern, in the order of the patterns; overlapping ones count. */
  readonly counts: readonly number[];
}

/** Matches in a batch at most, if their context is read. */
const BATCH_WITH_CONTEXT = 64;
const MOST_CONTEXT = 65_536;
/** A window of memory has to hold twice the bytes that two windows share. */
const MOST_PATTERN_BYTES = 524_288;
/** Each thread takes up to six bytes for one of a pattern, and about 60 for each pattern. */
const MOST_PATTERNS = 1_000_000;
const MOST_BYTES = 16 * 1024 * 1024;
/** Characters of the name of a pattern in a message. */
const SHOWN_NAME = 40;

/**
 * Searches memory for patterns: up to 1,000,000 of up to 524,288 bytes, with 16 MiB in all. No match lies across a hole. Time grows with the memory and
 * the number of matches; of patterns with masks, at worst with their length, too. Throws `usage` for wrong options, without patterns and for more of them,
 * and what the memory throws.
 */
export function search(memory: Memory, patterns: readonly BytePattern[], options: SearchOptions = {}): Search {
  const { context = 0, signal } = options;
  if (!Number.isSafeInteger(context) || context < 0 || context > MOST_CONTEXT) {
    throw new MslError("usage", `The context is ${context} bytes, expected a whole number from 0 to ${MOST_CONTEXT}`);
  }
  return findingsOf(memory, questionOf(patterns), options, () => ({
    ...(context > 0 && { batchSize: BATCH_WITH_CONTEXT }),
    findingsOf: ({ address, answer }) => ({
      count: answer.offsets.length,
      async batch(from, to) {
        const matches: Match[] = [];
        for (let i = from; i < to; i++) {
          const pattern = answer.patterns[i] ?? 0;
          const match = {
            address: address + BigInt(answer.offsets[i] ?? 0),
            pattern,
            length: patterns[pattern]?.values.length ?? 0,
          };
          matches.push(context > 0 ? { ...match, context: await contextOf(memory, match, context, signal) } : match);
        }
        return matches;
      },
    }),
  }));
}

/** Counts the matches of patterns, as `search` finds them, with the same bounds. Throws `usage` as `search` does, and what the memory throws. */
export async function countMatches(
  memory: Memory,
  patterns: readonly BytePattern[],
  options: CountOptions = {},
): Promise<MatchCounts> {
  const counts = patterns.map(() => 0);
  const asked = await eachAnswer(memory, questionOf(patterns), options, (answer) => {
    for (const pattern of answer.patterns) counts[pattern] = (counts[pattern] ?? 0) + 1;
  });
  return { counts, ...asked };
}

/** Throws `usage` for patterns that cannot be searched for. */
function questionOf(patterns: readonly BytePattern[]): CutQuestion<"patterns"> {
  if (patterns.length === 0) throw new MslError("usage", "There is no pattern to search for");
  if (patterns.length > MOST_PATTERNS) {
    throw new MslError(
      "usage",
      `There are ${patterns.length} patterns, expected at most ${MOST_PATTERNS}: search in several runs`,
    );
  }
  let bytes = 0;
  let longest = 1;
  for (const pattern of patterns) {
    checkPattern(pattern);
    const { length } = pattern.values;
    bytes += length;
    longest = Math.max(longest, length);
  }
  if (bytes > MOST_BYTES) {
    throw new MslError(
      "usage",
      `The patterns have ${bytes} bytes together, expected at most ${MOST_BYTES}: search in several runs`,
    );
  }
  return {
    kind: "patterns",
    spec: function* () {
      return { patterns: yield* packPatterns(patterns) };
    },
    overlap: longest - 1,
    heldTo: ({ end }) => end,
  };
}

/** Throws `usage` for a pattern that cannot be searched for. */
function checkPattern({ name, values, masks }: BytePattern): void {
  const { length } = values;
  const shown = () => JSON.stringify(name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name);
  if (length < 1 || length > MOST_PATTERN_BYTES) {
    throw new MslError("usage", `The pattern ${shown()} has ${length} bytes, expected 1 to ${MOST_PATTERN_BYTES}`);
  }
  if (masks.length !== length) {
    throw new MslError(
      "usage",
      `The pattern ${shown()} has ${length} values and ${masks.length} masks, expected a mask for each value`,
    );
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
