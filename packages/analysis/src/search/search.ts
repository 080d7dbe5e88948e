/** Search for patterns in memory. */

import { type PackedPatterns, packPatterns } from "@memslice/core-wasm/scan";
import { MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, checksOf, countOf, integer, requireOptions, type SlicedWork, tableOf } from "@memslice/msl/work";
import {
  type CutQuestion,
  eachAnswer,
  type Findings,
  type FindingsOptions,
  findingsOf,
  type QuestionOptions,
  type QuestionResult,
} from "../asking/question.js";
import type { Memory, MemoryContent } from "../memory.js";
import { FINDINGS, QUESTION } from "../options/questions.js";
import type { RegexPattern } from "../regex/regex-pattern.js";
import { MatchChains } from "./match-chains.js";
import type { PatternOffsets } from "./match-collector.js";
import { type BytePattern, shownName } from "./pattern.js";

/** A pattern of bytes, or a regular expression. */
export type Pattern = BytePattern | RegexPattern;

/** Options of `countMatches`. */
export interface CountOptions extends QuestionOptions {
  /**
   * Milliseconds that a regular expression may take for about 1 MiB of memory, from 1 on. The time for a byte has a bound that grows with the expression:
   * one of many nested repetitions may need hours for a capture. Default 10,000.
   */
  readonly timeLimit?: number;
}

const COUNTING = checksOf<CountOptions>()({ ...QUESTION, timeLimit: countOf("milliseconds", 1) });

export const COUNT_MATCHES = tableOf<CountOptions>("countMatches")(COUNTING);

/** Options of `search`. */
export interface SearchOptions extends FindingsOptions, CountOptions {
  /** Bytes before and behind each match that are read with it, up to 65,536. Default 0: no bytes are read. */
  readonly context?: number;
}

const MOST_CONTEXT = 65_536;

export const SEARCH = tableOf<SearchOptions>("search")({ ...FINDINGS, ...COUNTING, context: integer(0, MOST_CONTEXT, "bytes") });

/** A place where a pattern matches. */
export interface Match {
  readonly address: bigint;
  /** Index of the pattern that matches. */
  readonly pattern: number;
  /** Bytes that match. */
  readonly length: number;
  /** True if a match of a regular expression has as many bytes as `longest` allows, and could go on. Not there otherwise. */
  readonly cut?: true;
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
  /** Matches of each pattern, in the order of the patterns, as `search` finds them. */
  readonly counts: readonly number[];
}

/** Matches in a batch at most, if their context is read. */
const BATCH_WITH_CONTEXT = 64;
/** Matches that are counted between two steps, and units of work, of about a microsecond each, that this takes. */
const MATCHES_PER_STEP = 1 << 14;
const UNITS_PER_STEP = 256;
/** Values that are masked between two steps. */
const MASKS_PER_STEP = 1 << 17;
/** A window of memory has to hold twice the bytes that two windows share. */
const MOST_PATTERN_BYTES = 524_288;
/** Each thread takes up to six bytes for one of a pattern, and up to 200 for each pattern. */
const MOST_PATTERNS = 1_000_000;
const MOST_BYTES = 16 * 1024 * 1024;
/** Each thread takes up to 24 MiB for one. */
const MOST_EXPRESSIONS = 32;
const TIME_LIMIT_MS = 10_000;

/**
 * Searches memory for patterns: up to 1,000,000 of up to 524,288 bytes, with 16 MiB in all, and up to 32 regular expressions. No match lies across a hole. Time grows with the memory and
 * the number of matches; of patterns with masks, at worst with their length, too. Matches of a pattern of bytes are all found, also where they overlap; those
 * of a regular expression do not overlap each other (`regexPattern`). Throws `usage` for wrong options, without patterns and for more of them, `limit` for an
 * expression that takes longer than `timeLimit`, and what the memory throws.
 */
export function search(memory: Memory, patterns: readonly Pattern[], options: SearchOptions = {}): Search {
  requireOptions(SEARCH, options);
  const { context = 0, signal } = options;
  const batchSize = context > 0 ? { batchSize: BATCH_WITH_CONTEXT } : {};
  const found = (address: bigint, { offsets, patterns: indexes, lengthOf, cut }: FoundMatches) => ({
    count: offsets.length,
    async batch(from: number, to: number) {
      const matches: Match[] = [];
      for (let i = from; i < to; i++) {
        const pattern = indexes[i] ?? 0;
        const place = { address: address + BigInt(offsets[i] ?? 0), pattern, length: lengthOf(i, pattern) };
        const match: Match = cut?.has(i) ? { ...place, cut: true } : place;
        matches.push(context > 0 ? { ...match, context: await contextOf(memory, match, context, signal) } : match);
      }
      return matches;
    },
  });
  const literals = literalsOf(patterns);
  if (literals.length === patterns.length) {
    const lengthOf = (_: number, pattern: number) => literals[pattern]?.values.length ?? 0;
    return findingsOf(memory, literalQuestion(literals), options, () => ({
      ...batchSize,
      findingsOf: ({ address, answer }) => found(address, { ...answer, lengthOf }),
    }));
  }
  const cut = cutOf(patterns, options);
  return findingsOf(memory, expressionQuestion(patterns, cut), options, () => {
    const chains = new MatchChains(memory, patterns, cut, signal);
    return {
      ...batchSize,
      async findingsOf(answered) {
        const matches = await chains.matchesOf(answered);
        return found(answered.address, { ...matches, lengthOf: (i) => matches.lengths[i] ?? 0 });
      },
    };
  });
}

/**
 * Counts the matches of patterns, as `search` finds them, with the same bounds. Without regular expressions, no match is kept: many times as fast as `search` where
 * nearly every byte matches. Throws what `search` throws.
 */
export async function countMatches(
  memory: Memory,
  patterns: readonly Pattern[],
  options: CountOptions = {},
): Promise<MatchCounts> {
  requireOptions(COUNT_MATCHES, options);
  const counts = patterns.map(() => 0);
  /** `matches`: of each entry of `found`; 1 without it. */
  function* add(found: Uint32Array, matches?: Uint32Array): SlicedWork<void> {
    for (let i = 0; i < found.length; i++) {
      const pattern = found[i] ?? 0;
      counts[pattern] = (counts[pattern] ?? 0) + (matches?.[i] ?? 1);
      if (i % MATCHES_PER_STEP === MATCHES_PER_STEP - 1) yield UNITS_PER_STEP;
    }
  }
  const literals = literalsOf(patterns);
  if (literals.length === patterns.length) {
    const question = { kind: "patternCounts", ...literalCut(literals) } as const;
    return { counts, ...(await eachAnswer(memory, question, options, ({ answer }) => add(answer.patterns, answer.counts))) };
  }
  const cut = cutOf(patterns, options);
  const chains = new MatchChains(memory, patterns, cut, options.signal);
  const question = expressionQuestion(patterns, cut);
  return {
    counts,
    ...(await eachAnswer(memory, question, options, async (answered) => add((await chains.matchesOf(answered)).patterns))),
  };
}

interface FoundMatches extends Pick<PatternOffsets, "offsets" | "patterns"> {
  lengthOf(match: number, pattern: number): number;
  readonly cut?: ReadonlySet<number>;
}

function literalsOf(patterns: readonly Pattern[]): readonly BytePattern[] {
  return patterns.filter((pattern) => "values" in pattern);
}

function cutOf(patterns: readonly Pattern[], { timeLimit = TIME_LIMIT_MS }: CountOptions) {
  const longest = patterns.reduce((most, one) => Math.max(most, "values" in one ? one.values.length : one.regex.longest), 1);
  return { overlap: longest - 1, timeLimit };
}

/** Throws `usage` for patterns that cannot be searched for. */
function expressionQuestion(
  patterns: readonly Pattern[],
  cut: { readonly overlap: number; readonly timeLimit: number },
): CutQuestion<"expressions"> {
  const literals = literalsOf(patterns);
  if (literals.length > 0) checkPatterns(literals);
  const regexes = patterns.flatMap((pattern) => ("regex" in pattern ? [pattern.regex] : []));
  if (regexes.length > MOST_EXPRESSIONS) {
    throw new MslError(
      "usage",
      `There are ${regexes.length} regular expressions, expected at most ${MOST_EXPRESSIONS}: join them with |, or search in several runs`,
    );
  }
  return {
    kind: "expressions",
    spec: function* () {
      return { ...(literals.length > 0 && { literals: yield* packedPatterns(literals) }), regexes, ...cut };
    },
    overlap: cut.overlap,
    heldTo: ({ end }) => end,
  };
}

/** Throws `usage` for patterns that cannot be searched for. */
function literalQuestion(patterns: readonly BytePattern[]): CutQuestion<"patterns"> {
  return { kind: "patterns", ...literalCut(patterns), heldTo: ({ end }) => end };
}

/** What questions for patterns of bytes have in common. Throws `usage` for patterns that cannot be searched for. */
function literalCut(patterns: readonly BytePattern[]) {
  const longest = checkPatterns(patterns);
  return {
    *spec() {
      return { patterns: yield* packedPatterns(patterns) };
    },
    overlap: longest - 1,
  };
}

/** The bytes of the longest pattern. Throws `usage` for patterns that cannot be searched for. */
function checkPatterns(patterns: readonly BytePattern[]): number {
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
  return longest;
}

/** Throws `usage` for a pattern that cannot be searched for. */
function checkPattern({ name, values, masks }: BytePattern): void {
  const { length } = values;
  if (length < 1 || length > MOST_PATTERN_BYTES) {
    throw new MslError("usage", `The pattern ${shownName(name)} has ${length} bytes, expected 1 to ${MOST_PATTERN_BYTES}`);
  }
  if (masks.length !== length) {
    throw new MslError(
      "usage",
      `The pattern ${shownName(name)} has ${length} values and ${masks.length} masks, expected a mask for each value`,
    );
  }
}

/** The patterns with values that have no bits outside of their masks: kernels compare them as they are. */
function* packedPatterns(patterns: readonly BytePattern[]): SlicedWork<PackedPatterns> {
  const packed = yield* packPatterns(patterns);
  const { values, masks } = packed;
  for (let at = 0; at < values.length; at++) {
    values[at] = (values[at] ?? 0) & (masks[at] ?? 0);
    if (at % MASKS_PER_STEP === MASKS_PER_STEP - 1) yield UNITS_PER_STEP;
  }
  return packed;
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
