/** The schema of the report of `msl transcode`. */
import { THREAD_REASONS } from "@memslice/msl";
import { boolean, count, hex, list, nullable, object, ref, text } from "../../msl/scripts/json-schema.mjs";
import { address, document } from "./documents.mjs";

const OUTCOME = { enum: ["intact", "altered", "incomplete"] };
const STATE = { enum: ["captured", "failed", "unmapped", "missing", "absent", "various"] };
const CHANGES = [
  ...[
    "mended",
    "kept",
    "encoding",
    "compression",
    "count",
    "hash",
    "uuid",
    "parent",
    "flags",
    "moved",
    "merged",
    "split",
    "code",
  ],
  ...["dropped", "redacted", "pages-failed", "not-specified", "selection", "reader", "salvaged"],
];
const REASONS = [
  ...["selection", "merged", "unspecified", "problem", "after-end", "reference", "repeated", "redaction", "reader", "no-block"],
];

const place = { index: count, offset: count, length: count, uuid: text };
const sourceBlock = { ...place, type: count, typeName: text };
const view = object({ state: STATE }, { block: count });
const change = object({ id: { enum: CHANGES }, message: text }, { lint: text, field: text, offset: count, bytes: hex });

export const transcoding = document(
  "msl.transcode/1",
  "The report of `msl transcode --json`: what became of every block and of every address of IN. `addresses`: ranges where OUT reads otherwise, from the first address to the one behind the last. `unlisted` counts entries above the 10,000 that a list has.",
  {
    source: object({
      ...{ size: count, blocks: count, dumpUuid: text, dialect: text, dialectName: text },
      integrity: nullable(object({ outcome: OUTCOME, verdict: text, findings: list(text) })),
    }),
    output: object(
      {
        ...{ size: count, blocks: count, dumpUuid: text, hashAlgo: count, hashAlgoName: text, fileHash: hex },
        ...{ encrypted: boolean, conforming: boolean },
      },
      { digest: hex },
    ),
    threads: object({
      used: count,
      asked: { anyOf: [count, { const: "auto" }] },
      reason: nullable(object({ code: { enum: THREAD_REASONS }, message: text })),
    }),
    header: list(ref("change")),
    blocks: list(object({ source: object(sourceBlock), output: object(place), changes: list(ref("change")) })),
    unchanged: count,
    added: list(object({ output: object(place), typeName: text, message: text }, { lint: text })),
    leftOut: list(
      object(
        { offset: count, length: count, reason: { enum: REASONS }, message: text },
        { index: count, type: count, typeName: text, uuid: text, lint: text },
      ),
    ),
    unlisted: object({ blocks: count, added: count, leftOut: count }),
    addresses: list(object({ start: address, end: address, before: view, after: view }, { selection: { const: true }, count })),
    complete: boolean,
  },
  { definitions: { change } },
);
