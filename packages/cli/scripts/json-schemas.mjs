/** JSON Schemas of the documents that `msl` prints with --json. */
import { THREAD_REASONS } from "@memslice/msl";
import {
  atMost,
  block,
  blockInfo,
  boolean,
  count,
  decimal,
  deviation,
  dialect,
  encryption,
  fileHeader,
  hex,
  lintId,
  list,
  nullable,
  object,
  payloadDefinitions,
  ref,
  text,
} from "../../msl/scripts/json-schema.mjs";
import { WARNING_IDS } from "../src/documents/warnings.js";
import { SYSTEM } from "../src/tables/system-table.js";
import { capture } from "./capture-schema.mjs";
import { comparison } from "./comparison-schema.mjs";
import { contentSchemas } from "./content-schemas.mjs";
import { address, askDocument, DRAFT, document, failure, finding } from "./documents.mjs";
import { withLines } from "./line-schemas.mjs";
import { rowSchema, tableSchemas } from "./table-schemas.mjs";
import { transcoding } from "./transcode-schema.mjs";

/** The verdict of a plain capture, which has a chain, or of an encrypted one, which has none. */
const VERDICT = {
  type: "string",
  pattern:
    "^(chain-(ok|broken)(\\+anchor-zero)?\\+(filehash-(ok|mismatch)|no-eoc)|aead-ok(\\+(filehash-mismatch|no-eoc))?)(\\+appended-blocks)?(\\+truncated-block)?$",
};

const integrity = object({
  encrypted: boolean,
  hashAlgo: text,
  blocks: count,
  trailingBytes: count,
  eocIndex: nullable(count),
  truncatedBlock: nullable(count),
  appended: atMost(1000, object({ type: count, typeName: text, count })),
  announcedButMissing: list(text),
  anchor: { enum: ["header-hash", "zero", "other", null] },
  breakCount: count,
  chainBreaks: atMost(1000, count),
  breaks: atMost(1000, object({ index: count, offset: count, previousOffset: count, stored: hex, computed: hex })),
  firstBadBlock: nullable(object({ index: nullable(count), offset: count, end: count })),
  fileHash: { enum: ["ok", "mismatch", "absent"] },
  fileHashStored: nullable(hex),
  fileHashComputed: nullable(hex),
  blockCount: object({ declared: count, counted: count }),
  explanation: nullable(object({ variant: text, assumption: text, chainHolds: boolean, fileHashHolds: nullable(boolean) })),
});

/** How many threads worked, and why fewer than were asked for. */
const threadUse = object({
  used: count,
  asked: { anyOf: [count, { const: "auto" }] },
  reason: nullable(object({ code: { enum: THREAD_REASONS }, message: text })),
});

/** With -v: the first 1,000 deviations in the relations between blocks, and the number of all. */
const crossCheck = object({ count, findings: atMost(1000, ref("deviation")) });

/** An address, and the module and the region that contain it, if there are any. */
const place = object({ address: text }, { module: text, moduleOffset: text, regionBase: text });

/** What a reader has to know before trusting a capture or passing it on. */
const warnings = list(object({ id: { enum: WARNING_IDS }, message: text }));

const opened = object(
  {
    schema: { const: "msl.info/1" },
    file: text,
    size: count,
    header: ref("fileHeader"),
    encryption: nullable(ref("encryption")),
    locked: { const: false },
    dialect,
    process: nullable(
      object({ pid: count, ppid: count, exePath: text, cmdLine: text, startTimeNs: decimal }, { salvaged: { const: true } }),
    ),
    acqEndNs: nullable(decimal),
    blocks: count,
    modules: count,
    systems: list(rowSchema(SYSTEM)),
    tables: object({ processes: count, connections: count, handles: count, keys: count }),
    regions: object({
      count,
      bytes: decimal,
      captured: count,
      failed: count,
      unmapped: count,
      missing: count,
      neededBytes: decimal,
      heldBytes: decimal,
      incomplete: count,
      overlaps: count,
      outsideTime: count,
      problems: list(object({ block: count, lint: text, problem: text })),
      unreadable: list(object({ block: count, problem: text })),
    }),
    provenance: nullable(
      object({ sourceFormatName: text, toolName: text, importTimeNs: decimal, origFileSize: decimal, note: text }),
    ),
    warnings,
    announcedButMissing: list(text),
    deviations: list(ref("deviation")),
  },
  {
    verdict: VERDICT,
    integrity: ref("integrity"),
    crossCheck,
    salvaged: object({ blocks: count, regions: count, modules: count }),
    threads: object({
      count,
      current: object({
        id: decimal,
        name: text,
        stateName: text,
        crashed: boolean,
        registers: count,
        pc: nullable(place),
        sp: nullable(place),
      }),
    }),
  },
);

const locked = object({
  schema: { const: "msl.info/1" },
  file: text,
  size: count,
  header: ref("fileHeader"),
  encryption: ref("encryption"),
  locked: { const: true },
  warnings,
  deviations: list(ref("deviation")),
});

const info = {
  $schema: DRAFT,
  title: "msl.info/1",
  description:
    "The document of `msl info --json`: a summary of a capture. `verdict` and `integrity` are present with --verify, `crossCheck` with -v, `salvaged` if blocks were found by searching behind damage, `threads` if the capture has threads. `provenance` says what an import was made from. `warnings`: docs/verifying.md lists their ids. `systems` has the rows of `msl system`, and `tables` how many rows `msl processes`, `connections`, `handles` and `keys` list. For an encrypted capture without its key, `locked` is true, and the document has only size, header, encryption, warnings and deviations, which are not authenticated.",
  anyOf: [opened, locked],
  $defs: { fileHeader, encryption, deviation, integrity },
};

/** With --digest or --expect: the digest of all bytes of the file. */
const fileDigest = object({
  algorithm: { enum: ["blake3", "sha256"] },
  digest: hex,
  bytes: count,
  expected: nullable(hex),
  matches: nullable(boolean),
});

const verified = object(
  {
    schema: { const: "msl.verify/1" },
    file: text,
    verdict: VERDICT,
    outcome: { enum: ["intact", "altered", "incomplete"] },
    integrity: ref("integrity"),
    findings: list(text),
    hasher: { enum: ["core-wasm", "@napi-rs/blake-hash", "sha-2"] },
    threads: threadUse,
    bytes: count,
    elapsedMs: count,
  },
  { crossCheck, digest: fileDigest, salvaged: object({ blocks: count, firstOffset: nullable(count) }) },
);

const verify = {
  $schema: DRAFT,
  title: "msl.verify/1",
  description:
    "The document of `msl verify --json`: whether a capture is unchanged since it was written. `crossCheck` is present with -v: deviations in the relations between blocks; `digest` with --digest or --expect; `salvaged` with --salvage: blocks behind damage, which are not verified. For a file that cannot be verified, the document has the `error` and the digest that was asked for.",
  anyOf: [verified, object({ schema: { const: "msl.verify/1" }, file: text, error: failure, digest: fileDigest })],
  $defs: { integrity, deviation },
};

const LEVELS = { enum: ["error", "warning", "info"] };
const lintFinding = object({
  id: lintId,
  level: LEVELS,
  block: nullable(count),
  offset: count,
  field: nullable(text),
  message: text,
  found: text,
  expected: text,
  meaning: text,
});
const lintCounts = {
  counts: object({ error: count, warning: count, info: count }),
  ids: { type: "object", propertyNames: lintId, additionalProperties: count },
  blocks: count,
  size: count,
  verdict: nullable(VERDICT),
  complete: boolean,
};
const linted = { schema: { const: "msl.lint/1" }, file: text, level: LEVELS };

const lint = {
  $schema: DRAFT,
  title: "msl.lint/1",
  description:
    "The documents of `msl lint`. With --json: the findings of LEVEL and graver, then the counts of all findings by level and by id; `complete` is false, and `error` says why, if not all of the file could be examined, or if an error ended the list early. With --ndjson: a document for each finding, and one without findings at the end. With --explain: the rules.",
  anyOf: [
    object({ ...linted, findings: list(ref("finding")), ...lintCounts }, { error: failure }),
    object({ ...linted, finding: ref("finding") }),
    object({ ...linted, ...lintCounts }, { error: failure }),
    object({
      schema: { const: "msl.lint/1" },
      rules: list(object({ id: lintId, level: LEVELS, title: text, section: text, expected: text, meaning: text })),
    }),
  ],
  $defs: { finding: lintFinding },
};

/** A difference between a source and its output, as `transcode` and `repair` report it. */
const change = object({ id: text, message: text }, { lint: lintId, field: text, offset: count, bytes: hex });
const outputBlock = object({ index: count, offset: count, length: count, uuid: text });
const sourceBlock = { index: count, offset: count, length: count, type: count, typeName: text, uuid: text };
const addressView = object({ state: text }, { block: count });
const addressText = { type: "string", pattern: "^0x[0-9a-f]+$" };

const repair = document(
  "msl.repair/1",
  "The document of `msl repair --json`: what became of every block and of every address of a damaged capture. `repair` has the BLAKE3 digest of the file and the text in Import Provenance of the new capture; `complete` is false if something is lost.",
  {
    source: object({
      size: count,
      blocks: count,
      dumpUuid: text,
      dialect: text,
      dialectName: text,
      integrity: nullable(
        object({ outcome: { enum: ["intact", "altered", "incomplete"] }, verdict: VERDICT, findings: list(text) }),
      ),
    }),
    output: object(
      {
        size: count,
        blocks: count,
        dumpUuid: text,
        hashAlgo: count,
        hashAlgoName: text,
        fileHash: hex,
        encrypted: boolean,
        conforming: boolean,
      },
      { digest: hex },
    ),
    threads: threadUse,
    header: list(ref("change")),
    blocks: atMost(10_000, object({ source: object(sourceBlock), output: outputBlock, changes: list(ref("change")) })),
    unchanged: count,
    added: atMost(10_000, object({ output: outputBlock, typeName: text, message: text }, { lint: lintId })),
    leftOut: atMost(
      10_000,
      object(
        { offset: count, length: count, reason: text, message: text },
        { index: count, type: count, typeName: text, uuid: text, lint: lintId },
      ),
    ),
    unlisted: object({ blocks: count, added: count, leftOut: count }),
    addresses: list(
      object(
        { start: addressText, end: addressText, before: addressView, after: addressView },
        { selection: { const: true }, count },
      ),
    ),
    complete: boolean,
    repair: object({ sourceBlake3: hex, note: text, salvagedBlocks: count }),
  },
  { definitions: { change } },
);

const pageCount = object({ pages: count, bytes: decimal });

const imported = document(
  "msl.import/1",
  "The document of `msl import --json`: the dump, what the capture has of it, and what was assumed, lost and damaged. `sourceSha256` is null with --no-digest; `complete` is false if something is in `damaged`.",
  {
    ...{ format: text, words: text, sourceSize: decimal, sourceSha256: nullable(hex), osType: text, archType: text },
    ...{ pid: count, timestampNs: decimal, regions: count, modules: count, threads: count },
    pages: object({ captured: pageCount, failed: pageCount, unmapped: pageCount }),
    ...{ filledBytes: count, assumed: list(text), lost: list(text), damaged: list(text), complete: boolean },
    ...{ note: text, blocks: count, size: count, fileHash: hex },
  },
  { definitions: {} },
);

const blocks = document(
  "msl.blocks/1",
  "The document of `msl blocks --json`: every block header. `error` is there if an error ended the list early; with --ndjson, the last line has it.",
  { blocks: list(ref("block")) },
  { definitions: { block: blockInfo }, optional: { error: failure } },
);

const dump = document(
  "msl.dump/1",
  "The document of `msl dump --json`: file header and decoded blocks. Digests are present with --digests. `error` is there if an error ended the list early; with --ndjson, the last line has it.",
  {
    header: ref("fileHeader"),
    dialect,
    encryption: nullable(ref("encryption")),
    deviations: list(ref("deviation")),
    blocks: list(ref("block")),
  },
  { definitions: { fileHeader, encryption, block, ...payloadDefinitions() }, optional: { error: failure } },
);

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

const keygen = {
  $schema: DRAFT,
  title: "msl.keygen/1",
  description: "The document of `msl keygen --json`: the files of the new key pair.",
  ...object({ schema: { const: "msl.keygen/1" }, mechanism: text, privateKeyFile: text, publicKeyFile: text }),
};

const error = {
  $schema: DRAFT,
  title: "error",
  description: "The document that a command prints with --json or --ndjson in place of its own when it fails.",
  ...object(
    {
      schema: { type: "string", pattern: "^msl\\.[a-z-]+/1$" },
      error: object({ code: { type: "string", pattern: "^[a-z]+(-[a-z]+)*$" }, message: text }, { offset: count }),
    },
    { file: text },
  ),
};

/** The texts of the schemas by their paths in docs/. */
export function jsonSchemas() {
  const { raw, read, extract, hexdump, export: exported } = contentSchemas();
  const inLines = {
    ...{ lint, blocks, dump, search, scan, strings, entropy, pointers, hexdump, compare: comparison },
    ...tableSchemas(),
  };
  const whole = { info, verify, repair, read, extract, import: imported, export: exported, transcode: transcoding, keygen };
  const extended = [...Object.entries(inLines), ...Object.entries(whole)].map(([name, schema]) => [
    name,
    withLines(schema, name in inLines),
  ]);
  const asTheyAre = Object.entries({ capture, error, raw });
  return Object.fromEntries(
    [...extended, ...asTheyAre].map(([name, schema]) => [`json/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`]),
  );
}
