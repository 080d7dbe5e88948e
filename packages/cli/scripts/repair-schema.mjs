/** The schema of the document of `msl repair`. */

import { atMost, boolean, count, hex, lintId, list, nullable, object, ref, text } from "../../msl/scripts/json-schema.mjs";
import { document } from "./documents.mjs";
import { threadUse, VERDICT } from "./verification-schemas.mjs";

/** A difference between a source and its output, as `transcode` and `repair` report it. */
const change = object({ id: text, message: text }, { lint: lintId, field: text, offset: count, bytes: hex });
const outputBlock = object({ index: count, offset: count, length: count, uuid: text });
const sourceBlock = { index: count, offset: count, length: count, type: count, typeName: text, uuid: text };
const addressView = object({ state: text }, { block: count });
const addressText = { type: "string", pattern: "^0x[0-9a-f]+$" };

export const repair = document(
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
