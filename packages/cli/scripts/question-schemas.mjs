/** Schemas of the documents of commands that search memory. */
import { atMost, count, decimal, hex, list, nullable, object, ref, text } from "../../msl/scripts/json-schema.mjs";
import { address, askDocument, finding } from "./documents.mjs";

const search = askDocument(
  "msl.search/1",
  `The document of \`msl search --json\`: where patterns match, in the order of addresses. \`matches\` is absent with --count; \`before\` and \`after\` are present with --context; \`cut\`: the match of a regular expression has as many bytes as it may have, and could go on.`,
  { patterns: list(text) },
  {
    definitions: {
      match: finding({ length: count, pattern: text, bytes: hex }, { cut: { const: true }, before: hex, after: hex }),
    },
    optional: { matches: list(ref("match")) },
  },
);

const strings = askDocument(
  "msl.strings/1",
  `The document of \`msl strings --json\`: strings in the order of addresses. \`strings\` is absent with --count; \`length\` is in bytes, and \`text\` has at most 4096 characters.`,
  {},
  {
    definitions: {
      string: finding({ length: count, encoding: { enum: ["ascii", "utf-8", "utf-16le", "utf-16be"] }, text }),
    },
    optional: { strings: list(ref("string")) },
  },
);

const scan = askDocument(
  "msl.scan/1",
  `The document of \`msl scan --json\`: what YARA rules match, in the order of addresses. \`pattern\` and \`bytes\` (the first 4,096) are absent for a rule that matches by its condition alone, whose \`length\` is that of the bytes that were scanned together. \`matches\` is absent with --count.`,
  { rules: text },
  {
    definitions: {
      match: finding(
        { length: count, rule: text, namespace: text },
        { tags: list(text), meta: list(object({ name: text, value: {} })), pattern: text, bytes: hex },
      ),
    },
    optional: { matches: list(ref("match")) },
  },
);

const pointers = askDocument(
  "msl.pointers/1",
  `The document of \`msl pointers --json\`: words that point into the target, in the order of their addresses. \`value\` is the word as it stands in memory; members that begin with \`target\` say where it leads. With --table, \`pairs\` in place of \`pointers\`: how many pointers the region at \`address\` has into the other one; \`count\` is the number of pairs. Both are absent with --count.`,
  {},
  {
    definitions: {
      pointer: finding({ value: address }, { targetModule: text, targetModuleOffset: address, targetRegionBase: address }),
      pair: finding(
        { count, targetRegionBase: address, targetRegionType: text },
        { targetModule: text, targetModuleOffset: address },
      ),
    },
    optional: { pointers: list(ref("pointer")), pairs: list(ref("pair")) },
  },
);

const CLASSES = ["zero", "constant", "compressed-or-random", "text", "code", "other"];
const bits = { type: "number", minimum: 0, maximum: 8 };

const entropy = askDocument(
  "msl.entropy/1",
  `The document of \`msl entropy --json\`: entropies in bits per byte, 0 to 8. \`regions\`: each region, or the part of it that was asked about; \`profile\` has the mean entropy of its equal parts, null for a part without a captured byte. With --windows, \`windows\` in its place. Both are absent with --count.`,
  { windowBytes: count },
  {
    definitions: {
      region: finding(
        {
          size: decimal,
          windows: count,
          bytes: decimal,
          classes: object(Object.fromEntries(CLASSES.map((name) => [name, count]))),
        },
        { entropy: object({ mean: bits, least: bits, greatest: bits }), profile: atMost(16, nullable(bits)) },
      ),
      window: finding({ length: count, entropy: bits, class: { enum: CLASSES } }),
    },
    optional: { regions: list(ref("region")), windows: list(ref("window")) },
  },
);

/** By the name of the command. */
export const questionSchemas = { search, scan, strings, entropy, pointers };
