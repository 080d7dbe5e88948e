import type { MemoryString, StringEncoding } from "@memslice/analysis";
import { ASK_DETAILS, askCaptures, askOptions, numberOption, type View } from "../asking/ask-captures.js";
import { encodingsOf } from "../asking/pattern-options.js";
import type { Command, Invocation } from "../command.js";
import { paddedAddress } from "../documents/place-text.js";
import { flowed } from "../terminal/columns.js";
import { safeText } from "../terminal/safe-text.js";

const ENCODINGS: readonly StringEncoding[] = ["ascii", "utf-8", "utf-16le", "utf-16be"];
/** Strings of ASCII are strings of UTF-8, too. */
const ALL: readonly StringEncoding[] = ["utf-8", "utf-16le", "utf-16be"];
const DEFAULTS: readonly StringEncoding[] = ["ascii", "utf-16le"];
const MOST_MINIMUM = 65_536;

export const strings: Command = {
  name: "strings",
  summary: "list the strings in memory",
  operands: "FILE...",
  options: {
    min: { type: "string", short: "n", value: "N", help: "the fewest characters of a string, 1 to 65536 (default 4)" },
    encoding: {
      type: "string",
      value: "LIST",
      words: [...ENCODINGS, "all"],
      isList: true,
      help: "ascii, utf-8, utf-16le, utf-16be with commas, or all (default ascii,utf-16le)",
    },
    ...askOptions("strings", "string"),
  },
  details: [
    "A line for each string: its address, its region and module, its encoding if there are several, its text.",
    "Strings are runs of printable characters of ASCII and tabs at any alignment; with utf-8, of all characters. None lies across bytes",
    "that were not captured. Of a long string, the first 4096 characters are shown.",
    ...ASK_DETAILS,
  ],
  examples: [
    ["msl strings evidence.msl -n 8", "strings of ASCII and UTF-16LE with at least 8 characters."],
    ["msl strings evidence.msl --range heap --encoding all --ndjson", "strings of the heap in all encodings, as JSON lines."],
  ],
  run: async (invocation) => {
    const minimum = numberOption("min", invocation.options["min"], 1, MOST_MINIMUM) ?? 4;
    const encodings = encodingsOf(invocation.options["encoding"], ENCODINGS, ALL) ?? DEFAULTS;
    const analysis = await import("@memslice/analysis");
    return askCaptures(
      {
        command: "strings",
        list: "strings",
        of: () => ({
          ask: (memory, range) => analysis.strings(memory, { minimum, encodings, ...range }),
          view: stringView(encodings.length > 1, invocation),
        }),
      },
      invocation,
    );
  },
};

function stringView(namesEncoding: boolean, { output }: Invocation): View<MemoryString> {
  return {
    text: ({ address, encoding, text }, place) =>
      flowed(
        [output.style("bold", paddedAddress(address)), safeText(place), ...(namesEncoding ? [encoding] : []), safeText(text)],
        output.lineWidth,
      ),
    json: ({ length, encoding, text }) => ({ length, encoding, text }),
  };
}
