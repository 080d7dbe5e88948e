/** The patterns of `msl search`: from options, and from a file with one pattern in each line. */
import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import type { Pattern, TextEncodingName } from "@memslice/analysis";
import { MslError } from "@memslice/msl";
import { type OptionSpec, type Options, type OptionValue, wordsOf } from "../options.js";
import { numberOption } from "./ask-captures.js";

const ENCODINGS: readonly TextEncodingName[] = ["utf-8", "utf-16le", "utf-16be"];

export const PATTERN_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  text: { type: "strings", value: "TEXT", help: "search for this text; may be given several times" },
  hex: { type: "strings", value: "BYTES", help: "search for these bytes, such as '48 8b ?? 0?'; may be given several times" },
  integer: { type: "strings", value: "INTEGER", help: "search for an integer, such as u32:0xdeadbeef, i16be:-2, u64:1" },
  regex: { type: "strings", value: "RE", help: "search for this regular expression over bytes; may be given several times" },
  longest: { type: "string", value: "N", help: "the most bytes of a match of --regex, 1 to 65536 (default 4096)" },
  "time-limit": { type: "string", value: "SECONDS", help: "the most time of an expression for 1 MiB, 1 to 3600 (default 10)" },
  "patterns-file": { type: "strings", value: "FILE", help: "search for the patterns in this file, one in each line" },
  "ignore-case": { type: "boolean", short: "i", help: "letters of ASCII in texts and expressions match in upper and lower case" },
  utf16: { type: "boolean", help: "search for texts in UTF-16LE, too" },
  encoding: {
    type: "string",
    value: "LIST",
    words: [...ENCODINGS, "all"],
    isList: true,
    help: "encodings of texts: utf-8 (default), utf-16le, utf-16be, or all",
  },
};

export const PATTERN_DETAILS: readonly string[] = [
  "An expression has the syntax of RE2 and ripgrep over bytes: \\x41, [a-z], \\d \\w \\s, (?i), (?s) (. matches line feeds), {2,10}, |, groups;",
  "no anchors, look-around and back references. Its matches do not overlap. One of --longest bytes that could go on ends there, and says cut.",
  "A line of a file of patterns is a text, as it stands, or begins with hex:, text:, utf-16le:, utf-16be: or regex:, the last four also as",
  "text/i: (without case), or a type of --integer and a colon. Empty lines, and lines that begin with #, are skipped. Files of patterns are UTF-8.",
  "The type of an integer: u or i (signed), 8, 16, 32 or 64, and be if the most significant byte comes first.",
];

const MOST_LONGEST = 65_536;

/** All patterns, in the order of the options and lines. Throws `usage`, and `source` for a file that cannot be read. */
export async function patternsOf(options: Options): Promise<readonly Pattern[]> {
  const { hexPattern, parsePatterns, regexPattern, textPatterns, writtenInteger } = await import("@memslice/analysis");
  const ignoreCase = options["ignore-case"] === true;
  const most = numberOption("longest", options["longest"], 1, MOST_LONGEST);
  const longest = most === undefined ? {} : { longest: most };
  const texts = { encodings: textEncodings(options), ignoreCase, ...longest };
  const patterns: Pattern[] = [
    ...typed("text", options).flatMap((text) => textPatterns(text, texts)),
    ...wordsOf(options["hex"]).map((digits) => hexPattern(digits)),
    ...wordsOf(options["integer"]).map((word) => writtenInteger(word) ?? refusedInteger(word)),
    ...typed("regex", options).map((source) => regexPattern(source, { ignoreCase, ...longest })),
  ];
  for (const path of wordsOf(options["patterns-file"])) {
    const list = await listAt(path);
    try {
      patterns.push(...parsePatterns(list, texts));
    } catch (error) {
      throw error instanceof MslError ? new MslError("usage", `${path}: ${error.message}`, { cause: error }) : error;
    }
  }
  if (patterns.length > 0) return patterns;
  throw new MslError(
    "usage",
    "msl search needs a pattern: --text TEXT, --hex BYTES, --integer INTEGER, --regex RE or --patterns-file FILE; see: msl help search",
  );
}

function textEncodings({ encoding, utf16 }: Options): readonly TextEncodingName[] {
  return encodingsOf(encoding, ENCODINGS) ?? (utf16 === true ? ["utf-8", "utf-16le"] : ["utf-8"]);
}

/** The encodings that `--encoding` names, each once; undefined without the option. Throws `usage`. */
export function encodingsOf<E extends string>(value: OptionValue, known: readonly E[], all = known): readonly E[] | undefined {
  if (value === undefined) return undefined;
  if (value === "all") return all;
  const encodings = String(value)
    .split(",")
    .map((word) => {
      const encoding = known.find((one) => one === word.trim());
      if (encoding !== undefined) return encoding;
      throw new MslError(
        "usage",
        `--encoding takes all, or some of ${known.join(", ")} with commas, not ${JSON.stringify(word)}`,
      );
    });
  return [...new Set(encodings)];
}

/** The values of an option. Throws `usage` for one that was no UTF-8: Node gives U+FFFD in place of such bytes, which would be searched for in their place. */
function typed(option: string, options: Options): readonly string[] {
  const words = wordsOf(options[option]);
  const wrong = words.find((word) => word.includes(REPLACEMENT));
  if (wrong === undefined) return words;
  throw new MslError(
    "usage",
    `--${option} ${JSON.stringify(wrong)} is not UTF-8, or has the character U+FFFD: write the bytes with --hex, or as \\xff in --regex`,
  );
}

/** What decoders put in place of bytes that are no text. */
const REPLACEMENT = "\ufffd";

function refusedInteger(word: string): never {
  throw new MslError(
    "usage",
    `--integer takes a type and a value, such as u32:0xdeadbeef or i16be:-2, not ${JSON.stringify(word)}`,
  );
}

/** The text of a file of patterns. Throws `usage` if it is not UTF-8, naming the line, and `source`. */
async function listAt(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MslError("source", `${path} cannot be opened: ${reason}`, { cause });
  });
  // Editors of Windows write a byte order mark, which belongs to no pattern.
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  let line = 1;
  for (let from = 0, end = bytes.indexOf(10); end >= 0 && isUtf8(bytes.subarray(from, end)); line++) {
    from = end + 1;
    end = bytes.indexOf(10, from);
  }
  throw new MslError(
    "usage",
    `${path}: Line ${line} of the patterns is not UTF-8: write its bytes behind hex:, or as \\xff behind regex:`,
  );
}
