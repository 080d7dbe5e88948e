/** The patterns of `msl search`: from options, and from a file with one pattern in each line. */
import { readFile } from "node:fs/promises";
import type { BytePattern, TextEncodingName } from "@memslice/analysis";
import { MslError } from "@memslice/msl";
import { type OptionSpec, type Options, type OptionValue, wordsOf } from "../options.js";

export const PATTERN_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  text: { type: "strings", value: "TEXT", help: "search for this text; may be given several times" },
  hex: { type: "strings", value: "BYTES", help: "search for these bytes, such as '48 8b ?? 0?'; may be given several times" },
  "patterns-file": { type: "strings", value: "FILE", help: "search for the patterns in this file, one in each line" },
  "ignore-case": { type: "boolean", short: "i", help: "letters of ASCII in texts match in upper and lower case" },
  utf16: { type: "boolean", help: "search for texts in UTF-16LE, too" },
  encoding: { type: "string", value: "LIST", help: "encodings of texts: utf-8 (default), utf-16le, utf-16be, or all" },
};

export const PATTERN_DETAILS: readonly string[] = [
  "A line of a file of patterns is a text, as it stands. `hex:` at its start makes it a pattern in hexadecimal, and `text:` a text that begins",
  "with one of these words. Empty lines are left out.",
];

const ENCODINGS: readonly TextEncodingName[] = ["utf-8", "utf-16le", "utf-16be"];

/** All patterns, in the order of the options and lines. Throws `usage`, and `source` for a file that cannot be read. */
export async function patternsOf(options: Options): Promise<readonly BytePattern[]> {
  const { hexPattern, textPattern } = await import("@memslice/analysis");
  const encodings = textEncodings(options);
  const ignoreCase = options["ignore-case"] === true;
  const ofText = (text: string) =>
    encodings.map((encoding) =>
      textPattern(text, { encoding, ignoreCase, name: encoding === "utf-8" ? text : `${text} (${encoding})` }),
    );
  const patterns = [...wordsOf(options["text"]).flatMap(ofText), ...wordsOf(options["hex"]).map((digits) => hexPattern(digits))];
  for (const path of wordsOf(options["patterns-file"])) {
    for (const [i, line] of (await linesOf(path)).entries()) {
      const [, kind, rest = ""] = /^(hex|text):(.*)$/s.exec(line) ?? [];
      if (line === "") continue;
      try {
        patterns.push(...(kind === "hex" ? [hexPattern(rest, rest.trim())] : ofText(kind === "text" ? rest : line)));
      } catch (error) {
        throw error instanceof MslError
          ? new MslError("usage", `${path}, line ${i + 1}: ${error.message}`, { cause: error })
          : error;
      }
    }
  }
  if (patterns.length > 0) return patterns;
  throw new MslError(
    "usage",
    "msl search needs a pattern: --text TEXT, --hex BYTES or --patterns-file FILE; see: msl help search",
  );
}

function textEncodings({ encoding, utf16 }: Options): readonly TextEncodingName[] {
  return encodingsOf(encoding, ENCODINGS) ?? (utf16 === true ? ["utf-8", "utf-16le"] : ["utf-8"]);
}

/** The encodings that `--encoding` names; undefined without the option. Throws `usage`. */
export function encodingsOf<E extends string>(value: OptionValue, known: readonly E[], all = known): readonly E[] | undefined {
  if (value === undefined) return undefined;
  if (value === "all") return all;
  return String(value)
    .split(",")
    .map((word) => {
      const encoding = known.find((one) => one === word.trim());
      if (encoding !== undefined) return encoding;
      throw new MslError(
        "usage",
        `--encoding takes all, or some of ${known.join(", ")} with commas, not ${JSON.stringify(word)}`,
      );
    });
}

async function linesOf(path: string): Promise<readonly string[]> {
  try {
    return (await readFile(path, "utf8")).split(/\r?\n/);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MslError("source", `${path} cannot be opened: ${reason}`, { cause });
  }
}
