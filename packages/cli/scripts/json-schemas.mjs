/** JSON Schemas of the documents that `msl` prints with --json. */
import {
  block,
  blockInfo,
  boolean,
  count,
  decimal,
  dialect,
  encryption,
  fileHeader,
  hex,
  list,
  nullable,
  object,
  payloadDefinitions,
  ref,
  text,
} from "../../msl/scripts/json-schema.mjs";
import { capture } from "./capture-schema.mjs";
import { comparison } from "./comparison-schema.mjs";
import { contentSchemas } from "./content-schemas.mjs";
import { DRAFT, document, failure } from "./documents.mjs";
import { info } from "./info-schema.mjs";
import { withLines } from "./line-schemas.mjs";
import { questionSchemas } from "./question-schemas.mjs";
import { repair } from "./repair-schema.mjs";
import { tableSchemas } from "./table-schemas.mjs";
import { transcoding } from "./transcode-schema.mjs";
import { lint, verify } from "./verification-schemas.mjs";

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
    ...{ lint, blocks, dump, ...questionSchemas, hexdump, compare: comparison },
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
