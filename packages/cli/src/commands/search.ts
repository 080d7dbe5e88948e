import type { Match, Pattern } from "@memslice/analysis";
import { ASK_DETAILS, askCaptures, askOptions, numberOption, type View } from "../asking/ask-captures.js";
import { BytesAround } from "../asking/bytes-around.js";
import { PATTERN_DETAILS, PATTERN_OPTIONS, patternsOf } from "../asking/pattern-options.js";
import type { Questioned } from "../asking/questioned.js";
import type { Command, Invocation } from "../command.js";
import { paddedAddress } from "../documents/place-text.js";
import { flowed } from "../terminal/columns.js";
import { asciiText, hexRows, hexText, spacedHex } from "../terminal/hex-text.js";
import { safeText } from "../terminal/safe-text.js";

/** Bytes of a match that a line shows. */
const SHOWN_BYTES = 32;
const MOST_CONTEXT = 4096;
const INDENT = "    ";

export const search: Command = {
  name: "search",
  summary: "search memory for bytes, texts, integers and regular expressions",
  operands: "FILE...",
  options: {
    ...PATTERN_OPTIONS,
    context: { type: "string", short: "C", value: "N", help: "show N captured bytes before and after each match, at most 4096" },
    ...askOptions("search", "match"),
  },
  details: [
    "A line for each match: its address, its region and module, the pattern if there are several, its bytes.",
    "Matches of bytes and texts may overlap. Matches may lie across pages and regions; never across bytes that were not captured.",
    ...PATTERN_DETAILS,
    ...ASK_DETAILS,
  ],
  examples: [
    ["msl search evidence.msl --text password -i", "a text in upper and lower case."],
    ["msl search evidence.msl --hex '48 8b ?? 0?' --context 16", "bytes with wildcards, and 16 bytes around each match."],
    ["msl search evidence.msl --integer u32:0xdeadbeef", "an integer of 32 bits."],
    ["msl search evidence.msl --regex '[a-z]{3,}@[a-z.]+'", "a regular expression over bytes."],
    ["msl search --pid 4242 --text password", "a live process, without a capture."],
    ["msl search *.msl --patterns-file words.txt --count", "how often each capture has one of many patterns."],
  ],
  run: async (invocation) => {
    const patterns = await patternsOf(invocation.options);
    const context = numberOption("context", invocation.options["context"], 0, MOST_CONTEXT);
    const seconds = numberOption("time-limit", invocation.options["time-limit"], 1, 3600);
    const timeLimit = seconds === undefined ? {} : { timeLimit: 1000 * seconds };
    const analysis = await import("@memslice/analysis");
    return askCaptures(
      {
        command: "search",
        list: "matches",
        head: { patterns: patterns.map(({ name }) => name) },
        of: (capture) => ({
          ask: (memory, range) => analysis.search(memory, patterns, { ...timeLimit, ...range }),
          count: async (memory, range) => {
            const { counts, coverage } = await analysis.countMatches(memory, patterns, { ...timeLimit, ...range });
            return { count: counts.reduce((sum, count) => sum + count, 0), coverage };
          },
          view: matchView(capture, patterns, context, invocation),
        }),
      },
      invocation,
    );
  },
};

function matchView(
  capture: Questioned,
  patterns: readonly Pattern[],
  context: number | undefined,
  { output, signal }: Invocation,
): View<Match> {
  const around = new BytesAround(capture.memory, context ?? 0, signal);
  const isRegex = ({ pattern }: Match) => "regex" in (patterns[pattern] ?? {});
  const nameOf = ({ pattern }: Match) => patterns[pattern]?.name ?? "";
  return {
    text: async (match, place) => {
      const { before, bytes, after } = await around.at(match.address, match.length);
      const columns = [
        output.style("bold", paddedAddress(match.address)),
        safeText(place),
        ...(patterns.length > 1 ? [safeText(nameOf(match))] : []),
        spacedHex(bytes, SHOWN_BYTES),
        `|${asciiText(bytes.subarray(0, SHOWN_BYTES))}|`,
        ...(bytes.length > SHOWN_BYTES && isRegex(match) ? [`${match.length} bytes`] : []),
        ...(match.cut ? ["cut"] : []),
      ];
      const line = flowed(columns, output.lineWidth);
      if (context === undefined) return line;
      const shown = Uint8Array.from([...before, ...bytes, ...after]);
      const rows = [...hexRows(match.address - BigInt(before.length), shown)];
      // Rows fill a terminal of 80 columns: they have no room for an indent there.
      const indent = rows.some((row) => output.lineWidth !== undefined && INDENT.length + row.length > output.lineWidth)
        ? ""
        : INDENT;
      return [line, ...rows.map((row) => `${indent}${row}`)].join("\n");
    },
    json: async (match) => {
      const { before, bytes, after } = await around.at(match.address, match.length);
      return {
        length: match.length,
        ...(match.cut && { cut: true }),
        pattern: nameOf(match),
        bytes: hexText(bytes),
        ...(context !== undefined && { before: hexText(before), after: hexText(after) }),
      };
    },
  };
}
