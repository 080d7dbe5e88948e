/** Files of many patterns: one pattern in each line. */
import { MslError } from "@memslice/msl";
import { type BytePattern, hexPattern, textPattern } from "./pattern.js";

/** How the text behind each prefix is read. */
const PREFIXES: Readonly<Record<string, (text: string) => BytePattern>> = {
  hex: (text) => hexPattern(text, text.trim()),
  text: (text) => textPattern(text),
  "text/i": (text) => textPattern(text, { ignoreCase: true }),
  "utf-16le": (text) => textPattern(text, { encoding: "utf-16le" }),
  "utf-16le/i": (text) => textPattern(text, { encoding: "utf-16le", ignoreCase: true }),
  "utf-16be": (text) => textPattern(text, { encoding: "utf-16be" }),
  "utf-16be/i": (text) => textPattern(text, { encoding: "utf-16be", ignoreCase: true }),
};

/**
 * Reads a list of patterns: `PREFIX:PATTERN` in each line, such as `hex: 48 8b ?? 0?`, `text:password` or `utf-16le/i:password`. The prefixes are hex,
 * text, utf-16le and utf-16be; `/i` behind one of text ignores the case of ASCII letters. Every character behind the colon belongs to a text, spaces
 * too. Empty lines, and lines that begin with `#`, are skipped; a line ends with LF or CRLF. A pattern is named by what stands behind the colon. Throws
 * `usage`, with the number of the line, for a pattern that cannot be read, and for a list without patterns.
 */
export function parsePatterns(list: string): BytePattern[] {
  const patterns = list.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const colon = line.indexOf(":");
    const prefix = colon < 0 ? "" : line.slice(0, colon);
    const read = Object.hasOwn(PREFIXES, prefix) ? PREFIXES[prefix] : undefined;
    if (!read) {
      const known = Object.keys(PREFIXES).map((one) => `${one}:`);
      throw new MslError("usage", `Line ${i + 1} of the patterns does not begin with ${known.join(", ")}`);
    }
    try {
      return [read(line.slice(colon + 1))];
    } catch (cause) {
      if (!(cause instanceof MslError)) throw cause;
      throw new MslError(cause.code, `Line ${i + 1} of the patterns: ${cause.message}`, { cause });
    }
  });
  if (patterns.length === 0) throw new MslError("usage", "The list has no pattern");
  return patterns;
}
