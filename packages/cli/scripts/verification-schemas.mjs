/** Schemas of verdicts, and of the documents of `msl verify` and `msl lint`. */
import { THREAD_REASONS } from "@memslice/msl";
import {
  atMost,
  boolean,
  count,
  deviation,
  hex,
  lintId,
  list,
  nullable,
  object,
  ref,
  text,
} from "../../msl/scripts/json-schema.mjs";
import { DRAFT, failure } from "./documents.mjs";

/** The verdict of a plain capture, which has a chain, or of an encrypted one, which has none. */
export const VERDICT = {
  type: "string",
  pattern:
    "^(chain-(ok|broken)(\\+anchor-zero)?\\+(filehash-(ok|mismatch)|no-eoc)|aead-ok(\\+(filehash-mismatch|no-eoc))?)(\\+appended-blocks)?(\\+truncated-block)?$",
};

export const integrity = object({
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
export const threadUse = object({
  used: count,
  asked: { anyOf: [count, { const: "auto" }] },
  reason: nullable(object({ code: { enum: THREAD_REASONS }, message: text })),
});

/** With -v: the first 1,000 deviations in the relations between blocks, and the number of all. */
export const crossCheck = object({ count, findings: atMost(1000, ref("deviation")) });

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

export const verify = {
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

export const lint = {
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
