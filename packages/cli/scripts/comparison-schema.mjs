/** The schema of the document of `msl compare`. */
import { boolean, count, decimal, hex, list, object, ref, text } from "../../msl/scripts/json-schema.mjs";
import { address, DRAFT, failure } from "./documents.mjs";

const STATES = { enum: ["captured", "failed", "unmapped", "missing", "absent"] };
const CHANGES = { enum: ["added", "removed", "changed"] };
const place = { module: text, moduleOffset: address, regionBase: address, regionType: text };
const sides = { a: address, b: address };

const counts = { added: count, removed: count, changed: count };
const side = object({
  ...{ compared: decimal, notComparable: decimal, failed: decimal, missing: decimal, overlapped: decimal, unmapped: decimal },
  ...{ unreadableRegions: count, regionsMissing: boolean, cutOff: boolean },
});
const region = object({ baseAddr: address, regionSize: decimal, protection: count, regionType: text });
const module = object({ baseAddr: address, moduleSize: decimal, path: text }, { version: text, diskHash: hex });
const fields = (names) => list({ enum: names });

const difference = {
  anyOf: [
    object({ kind: { const: "bytes" }, ...sides, length: decimal, changed: decimal }, place),
    object(
      { kind: { const: "state" }, change: { enum: ["added", "removed", "state"] }, length: decimal, from: STATES, to: STATES },
      { ...sides, ...place },
    ),
    object(
      { kind: { const: "region" }, change: CHANGES, length: decimal, fields: fields(["protection", "type", "size"]) },
      { ...sides, before: ref("region"), after: ref("region"), ...place },
    ),
    object(
      { kind: { const: "module" }, change: CHANGES, fields: fields(["base", "size", "version", "hash", "path"]) },
      { ...sides, before: ref("module"), after: ref("module") },
    ),
    object({ kind: { const: "not-comparable" }, length: decimal, reason: text }, sides),
  ],
};

export const comparison = {
  $schema: DRAFT,
  title: "msl.compare/1",
  description:
    "The document of `msl compare --json`: what changed from A to B. `a` and `b` are addresses in A and in B. `count` is the number of differences, listed or not; `differences` is absent with --count; `error` says why the list of differences ends early. A region has `fields` if both have it: `protection` or `type` of `length` bytes from `a` on, which lie in the regions `before` and `after`, or `size` of the whole region; `reprotectedBytes` are all bytes whose protection differs. Sizes and numbers of pages are decimal. With --ndjson, the first line has `summary` and `count`, each further line `schema`, `fileA`, `fileB` and a difference.",
  ...object(
    {
      schema: { const: "msl.compare/1" },
      fileA: text,
      fileB: text,
      summary: object({
        ...{ align: { enum: ["address", "module"] }, different: boolean, complete: boolean, equalBytes: decimal },
        ...{ changedBytes: decimal, changedRanges: count, changedPages: decimal, pageSize: count, addedBytes: decimal },
        ...{ removedBytes: decimal, stateChangedBytes: decimal, notAlignedBytes: decimal, reprotectedBytes: decimal },
        regions: object(counts),
        modules: object({ ...counts, moved: count }),
        coverage: object({ a: side, b: side }),
      }),
      count,
    },
    { differences: list(ref("difference")), error: failure },
  ),
  $defs: { difference, region, module },
};
