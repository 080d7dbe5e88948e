/** Schemas of the documents of `msl hexdump` and `msl read`, which show and copy bytes of memory, and of the manifest of `msl extract`. */
import { count, decimal, hex, list, nullable, object, ref, text } from "../../msl/scripts/json-schema.mjs";
import { address, document, finding } from "./documents.mjs";

const HOLE_STATES = ["failed", "unmapped", "missing", "absent"];

/** The schemas by the names of their commands. */
export function contentSchemas() {
  const hexdump = document(
    "msl.hexdump/1",
    "The document of `msl hexdump --json`: memory in the order of addresses, without gaps. `pieces`: at most 64 KiB of captured bytes, or a hole of any size. A hole has no `bytes`: `failed` could not be read, `unmapped` was not mapped, `missing` was captured and is not in the file, `absent` lies in no region. With --ndjson, each piece has `schema` and `file`, and is a line.",
    {},
    {
      definitions: {
        piece: finding({ length: decimal, state: { enum: ["captured", ...HOLE_STATES] } }, { bytes: hex }),
      },
      optional: { pieces: list(ref("piece")) },
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
    "manifest.json of `msl extract`, which `msl extract --json` prints, too. `files`: each with its `path` in the folder, and with the range of addresses that it is about. `runs` are these addresses in order and without gaps; a run with an `offset` stands there in the file. A run in another state than `captured` has an offset with --fill only: then its bytes have the value `fill`. `bytes` is the size of the file. The entry of a table has the number of its rows in place of addresses.",
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
          { regionType: text, protection: text, module: text },
        ),
      },
      optional: { files: list({ anyOf: [ref("file"), ref("table")] }) },
    },
  );
  return { hexdump, read, extract };
}
