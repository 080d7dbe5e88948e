/** Lists of many patterns: one pattern in each line. */

import { MslError } from "@memslice/msl";
import { checksOf, flag, listOf, requireOptions, tableOf } from "@memslice/msl/work";
import { LONGEST_ALLOWED, type RegexPattern, regexPattern } from "../regex/regex-pattern.js";
import { type BytePattern, ENCODING, hexPattern, integerPattern, type TextEncodingName, textPattern } from "./pattern.js";

/** How texts are searched for. */
export interface TextsOptions {
  /** The encodings in which a text is searched for: a pattern for each, which a repeated name does not repeat. Default: utf-8. */
  readonly encodings?: readonly TextEncodingName[];
  /** Whether letters of ASCII match in upper and lower case. Default false. */
  readonly ignoreCase?: boolean;
}

const TEXTS = checksOf<TextsOptions>()({ encodings: listOf(ENCODING), ignoreCase: flag });
export const TEXT_PATTERNS = tableOf<TextsOptions>("textPatterns")(TEXTS);

/** How the patterns of a list are searched for. */
export interface PatternListOptions extends TextsOptions {
  /** The most bytes of a match of a regular expression, from 1 to 65,536. Default 4,096. */
  readonly longest?: number;
}

export const PARSE_PATTERNS = tableOf<PatternListOptions>("parsePatterns")({ ...TEXTS, longest: LONGEST_ALLOWED });

/** Patterns for a text in each of the encodings, named by the text, and by the encoding if it is not utf-8. Throws as `textPattern` does. */
export function textPatterns(text: string, options: TextsOptions = {}): BytePattern[] {
  requireOptions(TEXT_PATTERNS, options);
  return patternsOfText(text, options);
}

function patternsOfText(text: string, { encodings = ["utf-8"], ignoreCase = false }: TextsOptions): BytePattern[] {
  return [...new Set(encodings)].map((encoding) => {
    const name = encoding === "utf-8" ? text : `${text} (${encoding})`;
    return textPattern(text, { encoding, ignoreCase, name });
  });
}

/**
 * Reads a list of patterns. A line is a text as it stands, for which `options` count, or begins with a prefix: `hex:48 8b ?? 0?`; `text:password` for a
 * text that begins with a prefix or with `#`; `utf-16le:` and `utf-16be:` for a text in this encoding alone; `regex:[a-z]+` for a regular expression. `/i`
 * before the colon of the last four ignores the case of ASCII letters; `u32:0xdeadbeef`, `i16be:-2`: an integer, as `writtenInteger` reads it. Every character belongs to a text, spaces too. Empty lines, and lines that begin with `#`, are skipped; a line ends
 * with LF or CRLF. Throws `usage`, with the number of the line, for a pattern that cannot be read, and for a list without patterns.
 */
export function parsePatterns(list: string, options: PatternListOptions = {}): (BytePattern | RegexPattern)[] {
  requireOptions(PARSE_PATTERNS, options);
  const patterns = list.split(/\r?\n/).flatMap((line, i) => {
    if (line === "" || line.startsWith("#")) return [];
    try {
      return patternsOf(line, options);
    } catch (cause) {
      if (!(cause instanceof MslError)) throw cause;
      throw new MslError(cause.code, `Line ${i + 1} of the patterns: ${cause.message}`, { cause });
    }
  });
  if (patterns.length === 0) throw new MslError("usage", "The list has no pattern");
  return patterns;
}

/**
 * The pattern of an integer as it is written: `u` or `i` (signed), its bits (8, 16, 32, 64), `be` if the most significant byte comes first, a colon, and the value in decimal, or in
 * hexadecimal behind `0x`; for example `u64:0x7f00e90e2000`. Undefined for another text. Throws `usage` for a value that is no such integer.
 */
export function writtenInteger(text: string): BytePattern | undefined {
  const [, kind, bits = "", order, digits = ""] = /^([ui])(8|16|32|64)(le|be)?:(.*)$/s.exec(text) ?? [];
  if (kind === undefined) return undefined;
  const [, minus, magnitude] = /^(-?)(0x[0-9a-f]+|[0-9]+)$/i.exec(digits.trim()) ?? [];
  if (magnitude === undefined)
    throw new MslError("usage", `${JSON.stringify(text)} has no value: write decimal digits, or hexadecimal ones behind 0x`);
  const value = minus === "-" ? -BigInt(magnitude) : BigInt(magnitude);
  const bytes = BYTES_OF_BITS[bits];
  if (bytes === undefined) return undefined;
  return integerPattern(value, { bytes, signed: kind === "i", endian: order === "be" ? "big" : "little", name: text });
}

const BYTES_OF_BITS: Readonly<Record<string, 1 | 2 | 4 | 8>> = { 8: 1, 16: 2, 32: 4, 64: 8 };

function patternsOf(line: string, options: PatternListOptions): (BytePattern | RegexPattern)[] {
  const integer = writtenInteger(line);
  if (integer) return [integer];
  const [, kind, slash, rest = ""] = /^(hex|text|utf-16le|utf-16be|regex)(\/i)?:(.*)$/s.exec(line) ?? [];
  const ignoreCase = slash !== undefined || options.ignoreCase === true;
  switch (kind) {
    case "hex":
      if (slash !== undefined) throw new MslError("usage", "Bytes have no case: write hex: without /i");
      return [hexPattern(rest, rest.trim())];
    case "regex":
      return [regexPattern(rest, { ignoreCase, ...(options.longest !== undefined && { longest: options.longest }) })];
    case "text":
      return patternsOfText(rest, { ...options, ignoreCase });
    case "utf-16le":
    case "utf-16be":
      return patternsOfText(rest, { encodings: [kind], ignoreCase });
    default:
      return patternsOfText(line, options);
  }
}
