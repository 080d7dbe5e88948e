import { readFile } from "node:fs/promises";
import type { YaraMatch } from "@memslice/analysis";
import { MslError } from "@memslice/msl";
import { ASK_DETAILS, askCaptures, askOptions, numberOption, type View } from "../asking/ask-captures.js";
import { BytesAround } from "../asking/bytes-around.js";
import type { Questioned } from "../asking/questioned.js";
import type { Command, Invocation } from "../command.js";
import { paddedAddress } from "../documents/place-text.js";
import { flowed } from "../terminal/columns.js";
import { asciiText, spacedHex } from "../terminal/hex-text.js";
import { safeText } from "../terminal/safe-text.js";

/** Bytes of a match that a line shows, and that the document has. */
const SHOWN_BYTES = 16;
const MOST_BYTES = 4096;
const MOST_SECONDS = 86_400;

export const scan: Command = {
  name: "scan",
  summary: "scan memory with YARA rules",
  operands: "RULES FILE...",
  options: {
    "time-limit": { type: "string", value: "SECONDS", help: "the most time for 16 MiB, 1 to 86400 (default 60)" },
    ...askOptions("scan", "match"),
  },
  details: [
    "RULES is a file with YARA rules as text. They are scanned by the package @virustotal/yara-x: npm install @virustotal/yara-x.",
    "A line for each match: its address, its region and module, the rule, the pattern, its bytes. A rule that matches by its condition alone is",
    "one line with the number of bytes that were scanned together. Private rules and patterns are not shown.",
    "To the rules, each run of captured bytes is a file: filesize and offsets are those of the run; one of more than 16 MiB is cut into windows that",
    "share 64 KiB. Includes, and modules that need a whole file (pe, elf, macho, dotnet), are refused.",
    ...ASK_DETAILS,
  ],
  examples: [
    ["msl scan rules.yar evidence.msl", "what the rules match, with the address and the bytes of each match."],
    ["msl scan rules.yar *.msl --count", "how often the rules match each capture."],
  ],
  run: async (invocation) => {
    const [path, ...files] = invocation.files;
    if (path === undefined || (files.length === 0 && invocation.options["pid"] === undefined)) {
      throw new MslError("usage", "msl scan needs a file of rules and a capture: msl scan RULES FILE...; see: msl help scan");
    }
    const seconds = numberOption("time-limit", invocation.options["time-limit"], 1, MOST_SECONDS);
    const options = seconds === undefined ? {} : { timeLimit: 1000 * seconds };
    const rules = await rulesAt(path);
    const { checkYaraRules, scanYara } = await import("@memslice/analysis");
    const { output, signal } = invocation;
    try {
      for (const warning of await checkYaraRules(rules, { ...options, signal })) output.note(`${path}: ${inOneLine(warning)}`);
    } catch (error) {
      throw error instanceof MslError && error.code === "usage"
        ? new MslError("usage", `${path}: ${inOneLine(error.message)}`, { cause: error })
        : error;
    }
    return askCaptures(
      {
        command: "scan",
        list: "matches",
        head: { rules: path },
        of: (capture) => ({
          ask: (memory, range) => scanYara(memory, rules, { ...options, ...range }),
          view: matchView(capture, invocation),
        }),
      },
      { ...invocation, files },
    );
  },
};

/** A message of the compiler of rules, which shows the place in an excerpt of several lines: what is wrong, the place, and what stands below it in the excerpt. */
function inOneLine(message: string): string {
  const [, wrong, line, column, excerpt = ""] = /^([^\n]*)\n *--> line:(\d+):(\d+)\n(.*)$/s.exec(message) ?? [];
  if (wrong === undefined) return message.replaceAll(/\s*\n\s*/g, " ");
  const [, why] = /[\^-]{1,} ([^\n]+)/.exec(excerpt.replaceAll(/^ *\d+ \|.*$/gm, "")) ?? [];
  return `${wrong} in line ${line}, column ${column}${why === undefined ? "" : `: ${why}`}`;
}

async function rulesAt(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MslError("source", `${path} cannot be opened: ${reason}`, { cause });
  }
}

function matchView(capture: Questioned, { output, signal }: Invocation): View<YaraMatch> {
  const around = new BytesAround(capture.memory, 0, signal);
  return {
    text: async ({ address, length, rule, pattern }, place) => {
      const { bytes } = await around.at(address, pattern === undefined ? 0 : Math.min(length, SHOWN_BYTES));
      const cells = [
        output.style("bold", paddedAddress(address)),
        safeText(place),
        safeText(rule.identifier),
        ...(pattern === undefined
          ? [`${length} bytes`]
          : [safeText(pattern), spacedHex(bytes, SHOWN_BYTES), `|${asciiText(bytes)}|`]),
        ...(length > SHOWN_BYTES && pattern !== undefined ? [`${length} bytes`] : []),
      ];
      return flowed(cells, output.lineWidth);
    },
    json: async ({ address, length, rule, pattern }) => {
      const { bytes } = await around.at(address, pattern === undefined ? 0 : Math.min(length, MOST_BYTES));
      const meta = rule.metadata.map(({ identifier, value }) => ({ name: identifier, value: shownValue(value) }));
      return {
        length,
        rule: rule.identifier,
        namespace: rule.namespace,
        ...(rule.tags.length > 0 && { tags: rule.tags }),
        ...(meta.length > 0 && { meta }),
        ...(pattern !== undefined && { pattern, bytes: Buffer.from(bytes).toString("hex") }),
      };
    },
  };
}

/** Bytes in the metadata of a rule as hexadecimal text. */
function shownValue(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}
