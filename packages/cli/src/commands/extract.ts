import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MemoryManifest } from "@memslice/convert";
import { fileSink, MslError } from "@memslice/msl";
import { rangesAsked } from "../asking/memory-words.js";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import { type ExtractedTables, type ExtractedTotals, Extraction } from "../extracting/extraction.js";
import { withNewFolder } from "../extracting/new-folder.js";
import { forEachCapture } from "../for-each-file.js";
import { fillLimit, withLimitOptions } from "../limit-option.js";
import { FILL_OPTION, fillOf } from "../options.js";
import { missingContent } from "../tables/block-payloads.js";
import { withoutEnd } from "../tables/table-command.js";
import { byteText, counted } from "../terminal/quantity-text.js";
import { safeJson, safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

export const extract: Command = {
  name: "extract",
  summary: "write regions, modules and tables into files of a folder, with a manifest",
  operands: "FILE",
  options: {
    out: { type: "string", short: "o", value: "FOLDER", help: "the folder to make; it may exist if it is empty" },
    regions: { type: "boolean", help: "write regions; without --regions, --modules and --tables, all of them" },
    modules: { type: "boolean", help: "write the memory of modules, from base to end" },
    tables: {
      type: "boolean",
      help: "write tables: regions, modules, threads, processes, connections, handles, system, key hints",
    },
    range: {
      type: "strings",
      value: "RANGE",
      help: "only regions and modules that share an address with A-B, A+LENGTH, a module, a type of region; may be given several times; no tables unless --tables asks for them",
    },
    ...FILL_OPTION,
    json: { type: "boolean", help: "print the manifest (msl.extract/1)" },
    ...OPEN_OPTIONS,
  },
  details: [
    "A file has the captured bytes, one run of addresses behind the other; bytes that were not captured are left out.",
    "With --fill, they have this value, and every byte stands at its address minus the first one.",
    "manifest.json has, for each file, its SHA-256 and all runs, holes too: addresses, state, and the offset in the file.",
    "A table that has rows becomes a CSV file and the JSON document of its command, such as tables/processes.csv and tables/processes.json; without the bytes",
    "of keys, which msl keys --show-secrets prints. manifest.json has the number of rows and the SHA-256 of both.",
    "Names of files are made of addresses and of letters, digits, dots and dashes of the capture's names.",
    "Where regions overlap, the file of a region has the region's own bytes, and manifest.json says at which addresses reads take another region. The file of a",
    "module has the bytes that reads by address prefer; manifest.json says how many captured bytes of other regions it does not have, and their blocks.",
    "The folder appears under its name when it is complete; only its owner can read it.",
    "Exit status: 0 done, 1 not authenticated, 4 captured bytes are missing, a region or a table cannot be read, or the capture has no End-of-Capture.",
  ],
  examples: [
    ["msl extract evidence.msl -o evidence.files", "Writes all regions, modules and tables."],
    ["msl extract evidence.msl -o evidence.tables --tables", "Writes the tables: processes, connections, modules and others."],
    [
      "msl extract evidence.msl -o heap.files --regions --range heap --fill 0",
      "Writes the heap, with zeros for bytes that were not captured.",
    ],
  ],
  run: async (invocation) => {
    const { files, options, signal } = invocation;
    const [file, ...others] = files;
    const target = options["out"];
    if (file === undefined || others.length > 0) throw new MslError("usage", "msl extract needs one file; see: msl help extract");
    if (typeof target !== "string" || target === "") throw new MslError("usage", "msl extract needs a folder: -o FOLDER");
    const fill = fillOf(options["fill"]);
    return forEachCapture("extract", invocation, (shown, input) =>
      withCapture(shown, input, invocation, openOptions(invocation), async (capture) => {
        const ranges = await rangesAsked(options["range"], capture, signal);
        const result = await withNewFolder(target, invocation.output, async (folder) => {
          const path = join(folder, MANIFEST);
          const head = { schema: "msl.extract/1", file: shown, fill: fill ?? null };
          const manifest = new MemoryManifest(await fileSink(path, { mode: 0o600, sync: "never" }), head, safeJson);
          try {
            const onFile = async () => void (await invocation.output.goesOn(signal));
            const extraction = new Extraction(folder, capture, manifest, {
              file: shown,
              ranges,
              fill,
              fillLimit: fillLimit(options),
              signal,
              onFile,
            });
            const all = !KINDS.some((kind) => options[kind] === true);
            const asks = (kind: (typeof KINDS)[number]) =>
              options[kind] === true || (all && (kind !== "tables" || options["range"] === undefined));
            const regions = asks("regions") ? await extraction.regions() : undefined;
            const modules = asks("modules") ? await extraction.modules() : undefined;
            const tables = asks("tables") ? await extraction.tables() : undefined;
            const unreadable = regions ? [...(await capture.unreadableRegions(signal))] : [];
            const problems = [
              ...new Set([
                ...unreadable.map(({ block, problem }) => `Region in block ${block.index}: ${withLimitOptions(problem.message)}`),
                ...(regions ? missingContent(capture, "MemoryRegions") : []),
                ...(tables?.problems ?? []),
                ...withoutEnd(capture),
              ]),
            ];
            await manifest.end({ problems });
            return { regions, modules, tables, problems };
          } catch (error) {
            await manifest.close();
            throw error;
          }
        });
        await print(shown, target, result, invocation);
        const missing = (result.regions?.missing ?? 0n) + (result.modules?.missing ?? 0n);
        return result.problems.length > 0 || missing > 0n ? ExitStatus.Incomplete : ExitStatus.Done;
      }),
    );
  },
};

const MANIFEST = "manifest.json";
const KINDS = ["regions", "modules", "tables"] as const;

interface Result {
  readonly regions: ExtractedTotals | undefined;
  readonly modules: ExtractedTotals | undefined;
  readonly tables: ExtractedTables | undefined;
  readonly problems: readonly string[];
}

async function print(file: string, target: string, result: Result, { options, output, signal }: Invocation): Promise<void> {
  const fill = fillOf(options["fill"]);
  const manifest = join(target, MANIFEST);
  if (output.format === "json") return output.texts([await readFile(manifest, "utf8")], signal);
  const rows = [
    ["regions", result.regions],
    ["modules", result.modules],
  ] as const;
  for (const [kind, totals] of rows) {
    if (!totals) continue;
    const missing = totals.missing > 0n ? `, of them ${byteText(Number(totals.missing))} captured and missing` : "";
    const filled = fill === undefined ? "" : `; filled with 0x${fill.toString(16).padStart(2, "0")}`;
    const holes =
      totals.holes > 0
        ? `, ${byteText(Number(totals.notCaptured))} not captured in ${counted(totals.holes, "holes")}${missing}${filled}`
        : "";
    await output.line(`${counted(totals.files, kind)}  ${byteText(Number(totals.captured))}${holes}`);
    if (totals.overlapped > 0n)
      output.note(
        `${file}: regions overlap in ${kind}: ${byteText(Number(totals.overlapped))} of other regions are in the files of --regions alone`,
      );
  }
  if (result.tables) await output.line(`${counted(result.tables.tables, "tables")}  ${counted(result.tables.rows, "rows")}`);
  await output.line(safeText(manifest));
  for (const problem of result.problems) output.note(`${file}: ${problem}`);
}
