/** Regular expressions as patterns of a search. */
import { MslError } from "@memslice/msl";
import { flag, integer, requireOptions, tableOf, text } from "@memslice/msl/work";
import type { CompiledRegex } from "./expression.js";
import { parseRegex } from "./parse.js";
import { compileProgram } from "./program.js";
import { requiredBytes } from "./required-bytes.js";
import { lengthsOf } from "./syntax.js";

/** Options of `regexPattern`. */
export interface RegexPatternOptions {
  /** Whether letters of ASCII match in upper and lower case, as with `(?i)`. Default false. */
  readonly ignoreCase?: boolean;
  /** Whether `.` matches a line feed, too, as with `(?s)`. Default false. */
  readonly dotAll?: boolean;
  /** The most bytes of a match, from 1 to 65,536. Default 4,096. */
  readonly longest?: number;
  /** How the pattern is named in matches. Default: the expression. */
  readonly name?: string;
}

const LONGEST_MATCH = 65_536;
/** The rule of the option `longest`. */
export const LONGEST_ALLOWED = integer(1, LONGEST_MATCH, "bytes");

export const REGEX_PATTERN = tableOf<RegexPatternOptions>("regexPattern")({
  ignoreCase: flag,
  dotAll: flag,
  longest: LONGEST_ALLOWED,
  name: text,
});

/** A regular expression over bytes, made by `regexPattern`. */
export interface RegexPattern {
  /** How the pattern is named in matches. */
  readonly name: string;
  /** The expression, compiled. */
  readonly regex: CompiledRegex;
}

const LONGEST = 4096;

/**
 * A pattern that is a regular expression over bytes, in the syntax that RE2 and ripgrep have: `\x41`, classes such as `[a-z\x80-\xff]`, `\d \w \s` and `[[:alpha:]]`
 * of ASCII, `.` (any byte but a line feed), groups, `|`, `* + ? {2} {2,} {2,10}`, lazy with `?` behind them, `(?i)` and `(?s)`. A character that is not of ASCII stands for
 * its bytes in UTF-8. Anchors, word boundaries, look-around and back references are refused: memory has no lines, and what needs them has no bound in time.
 *
 * Matches are found from left to right; among those that begin at one place, alternatives and repetitions choose as in Perl. After a match, the next one
 * begins behind it; texts without bytes are no matches. A match has at most `longest` bytes: the expression is matched as if memory ended there, and a match
 * of this length that could go on is marked as `cut`. In a run of captured bytes, the first match is sought from the first byte of the run, or from the `from` of the search.
 *
 * Throws `usage`, with the place, for what is no expression of this syntax, for one whose matches are all longer than `longest`, or that matches no byte,
 * and for one that needs more than 20,000 instructions.
 */
export function regexPattern(source: string, options: RegexPatternOptions = {}): RegexPattern {
  requireOptions(REGEX_PATTERN, options);
  const { ignoreCase = false, dotAll = false, longest = LONGEST, name = source } = options;
  const node = parseRegex(source, { ignoreCase, dotAll });
  const { least, most } = lengthsOf(node);
  if (most === 0) throw new MslError("usage", `The regular expression ${JSON.stringify(source)} matches no byte`);
  if (least > longest) {
    throw new MslError(
      "usage",
      `The shortest match of the regular expression has ${least} bytes, and the longest one may have ${longest}: raise longest`,
    );
  }
  const longestMatch = Math.min(longest, most);
  const required = requiredBytes(node, longestMatch);
  const regex = {
    forwards: compileProgram(node, false),
    backwards: compileProgram(node, true),
    longest: longestMatch,
    ...(required && { required }),
  };
  return { name, regex };
}
