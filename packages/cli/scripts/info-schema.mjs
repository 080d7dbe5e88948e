/** The schema of the document of `msl info`. */

import {
  boolean,
  count,
  decimal,
  deviation,
  dialect,
  encryption,
  fileHeader,
  list,
  nullable,
  object,
  ref,
  text,
} from "../../msl/scripts/json-schema.mjs";
import { WARNING_IDS } from "../src/documents/warnings.js";
import { SYSTEM } from "../src/tables/system-table.js";
import { DRAFT } from "./documents.mjs";
import { rowSchema } from "./table-schemas.mjs";
import { crossCheck, integrity, VERDICT } from "./verification-schemas.mjs";

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

export const info = {
  $schema: DRAFT,
  title: "msl.info/1",
  description:
    "The document of `msl info --json`: a summary of a capture. `verdict` and `integrity` are present with --verify, `crossCheck` with -v, `salvaged` if blocks were found by searching behind damage, `threads` if the capture has threads. `provenance` says what an import was made from. `warnings`: docs/verifying.md lists their ids. `systems` has the rows of `msl system`, and `tables` how many rows `msl processes`, `connections`, `handles` and `keys` list. For an encrypted capture without its key, `locked` is true, and the document has only size, header, encryption, warnings and deviations, which are not authenticated.",
  anyOf: [opened, locked],
  $defs: { fileHeader, encryption, deviation, integrity },
};
