/** Schemas of the documents of `msl hexdump` and `msl read`, which show and copy bytes of memory, and of the manifest of `msl extract`. */
import { boolean, count, decimal, hex, list, nullable, object, ref, text } from "../../msl/scripts/json-schema.mjs";
import { address, document, failure, finding } from "./documents.mjs";

const NOTE = object({
  kind: { enum: ["no place", "assumed", "derived", "made up", "left out", "missing"] },
  subject: text,
  message: text,
});
const OUTCOME = { enum: ["intact", "altered", "incomplete"] };
const HOLE_STATES = ["failed", "unmapped", "missing", "absent"];

/** The schemas by the names of their commands. */
export function contentSchemas() {
  const hexdump = document(
    "msl.hexdump/1",
    "The document of `msl hexdump --json`: memory in the order of addresses, without gaps. `pieces`: at most 64 KiB of captured bytes, or a hole of any size. A hole has no `bytes`: `failed` could not be read, `unmapped` was not mapped, `missing` was captured and is not in the file, `absent` lies in no region. With --ndjson, each piece has `schema` and `file`, and is a line. `error` is there if an error ended the list early; with --ndjson, the last line has it.",
    {},
    {
      definitions: {
        piece: finding({ length: decimal, state: { enum: ["captured", ...HOLE_STATES] } }, { bytes: hex }),
      },
      optional: { pieces: list(ref("piece")), error: failure },
    },
  );
  const read = document(
    "msl.read/1",
    "The document of `msl read --json`: which bytes were copied. `out` has `length` bytes, of which `captured` were captured; `filled` counts the others by their state: they have the value of --fill. `sha256` is that of all bytes of `out`.",
    {
      out: text,
      address,
      length: decimal,
      captured: decimal,
      filled: object(Object.fromEntries(HOLE_STATES.map((state) => [state, decimal]))),
      sha256: hex,
    },
    { definitions: {} },
  );
  const extract = document(
    "msl.extract/1",
    "manifest.json of `msl extract`, which `msl extract --json` prints, too. `files`: each with its `path` in the folder, and with the range of addresses that it is about. `runs` are these addresses in order and without gaps; a run with an `offset` stands there in the file. A run in another state than `captured` has an offset with --fill only: then its bytes have the value `fill`. `bytes` is the size of the file. `overlappedLength`: addresses of a region, captured or not, at which reads by address take another region; `overlapped` lists the first of them. `overlappedBytes`: captured bytes of the regions in `overlappedBlocks` that the file of a module does not have. The entry of a table has the number of its rows in place of addresses.",
    { fill: nullable(count), problems: list(text) },
    {
      definitions: {
        run: object({ address, length: decimal, state: { enum: ["captured", ...HOLE_STATES] } }, { offset: decimal }),
        table: object({
          path: text,
          kind: { const: "table" },
          table: { enum: ["maps", "modules", "threads", "registers", "processes", "connections", "handles", "system", "keys"] },
          format: { enum: ["csv", "json"] },
          rows: count,
          bytes: decimal,
          sha256: hex,
        }),
        file: object(
          {
            path: text,
            kind: { enum: ["region", "module"] },
            address,
            length: decimal,
            runs: list(ref("run")),
            bytes: decimal,
            sha256: hex,
          },
          {
            ...{ block: count, regionType: text, protection: text, module: text },
            ...{
              overlappedLength: decimal,
              overlappedBytes: decimal,
              overlapped: list(object({ address, length: decimal })),
              overlappedBlocks: list(count),
            },
          },
        ),
      },
      optional: { files: list({ anyOf: [ref("file"), ref("table")] }) },
    },
  );
  const raw = document(
    "msl.raw/1",
    "manifest.json of `msl export --to raw`. `files`: each with its `path` in the folder, and with the range of addresses that it is about. `runs` are these addresses in order; a run in the state `captured` stands at its `offset` in the file, and all other runs are not in the file. With the layout `sparse`, the one file has every byte at its address minus `address`, and what is not in the file reads as zeros. `bytes` is the size of the file, `captured` the number of captured bytes, `sha256` the digest of the captured bytes, one run behind the other.",
    { layout: { enum: ["regions", "sparse"] }, notes: list(NOTE), complete: boolean },
    {
      definitions: {
        run: object({ address, length: decimal, state: { enum: ["captured", ...HOLE_STATES] } }, { offset: decimal }),
        file: object(
          {
            path: text,
            kind: { enum: ["region", "image"] },
            address,
            length: decimal,
            runs: list(ref("run")),
            bytes: decimal,
            captured: decimal,
            sha256: hex,
          },
          { regionType: text, protection: count },
        ),
      },
      optional: { files: list(ref("file")) },
    },
  );
  const exported = document(
    "msl.export/1",
    "The document of `msl export --json`: what was written, and everything that it does not hold as the capture does. `notes`: `no place` for something that the format cannot hold, `assumed` for something that the capture does not say, `derived` for something computed from captured bytes, `made up` for something without any base in the capture, `left out` for something that the format could hold, `missing` for something that the capture says it has. `complete` is false if there is a note `left out` or `missing`. `integrity` of the capture: its verdict, and what of its hashes does not match; null for a hash algorithm that is not registered.",
    {
      ...{ out: text, target: text, size: decimal, notes: list(NOTE), complete: boolean },
      integrity: nullable(object({ outcome: OUTCOME, verdict: text, findings: list(text) })),
    },
    {
      definitions: {},
      optional: {
        memory: object({ captured: decimal, failed: decimal, unmapped: decimal, missing: decimal }),
        ...{ segments: count, threads: count, modules: count, lines: count },
      },
    },
  );
  return { hexdump, read, extract, raw, export: exported };
}
