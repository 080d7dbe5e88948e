import { readFile } from "node:fs/promises";
import type { ImportOptions, ImportReport } from "@memslice/convert";
import { ARCH_TYPE, type CodeTable, MslError, OS_TYPE, shownAddress } from "@memslice/msl";
import type { Command, Invocation } from "../command.js";
import { importJson, importText } from "../documents/import-report.js";
import { ExitStatus } from "../exit-status.js";
import { withRandomAccess } from "../for-each-file.js";
import { importLimits, LIMIT_OPTION } from "../limit-option.js";
import { HASHING_OPTIONS, hashingOptions, type Options, type OptionValue, oneOf } from "../options.js";
import { ENCRYPT_OPTIONS, forgetEncryption, outputEncryption } from "../secrets/output-secret.js";
import { withOutputFile } from "../streams/output-file.js";
import { naming } from "../streams/rewritten-file.js";
import { DASH } from "../streams/standard-input.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";
import { version } from "../version.js";

const FORMATS: readonly NonNullable<ImportOptions["format"]>[] = ["elf-core", "minidump", "mach-o-core", "raw"];
const COMPRESSIONS: readonly NonNullable<ImportOptions["compression"]>[] = ["none", "zstd", "zstd-fast", "lz4", "auto"];

export const importCommand: Command = {
  name: "import",
  summary: "make a capture of a dump: ELF core, Windows minidump, Mach-O core or raw memory",
  operands: "FILE",
  options: {
    output: { type: "string", short: "o", value: "OUT", help: "the new capture; FILE is only read" },
    force: { type: "boolean", short: "f", help: "replace OUT if it exists" },
    format: { type: "string", value: "NAME", words: FORMATS, help: `${FORMATS.join(", ")} (default: as FILE begins)` },
    base: { type: "string", value: "ADDRESS", help: "raw memory: address of the first byte, hexadecimal" },
    maps: { type: "string", value: "FILE", help: "raw memory: text of /proc/PID/maps, whose mappings FILE has back to back" },
    arch: {
      type: "string",
      value: "NAME",
      words: Object.values(ARCH_TYPE.names),
      help: "architecture, where FILE does not say: x86_64, ARM64",
    },
    os: {
      type: "string",
      value: "NAME",
      words: Object.values(OS_TYPE.names),
      help: "operating system, where FILE does not say: Linux, Windows",
    },
    pid: { type: "string", value: "N", help: "process id, where FILE does not say" },
    "page-size": { type: "string", value: "BYTES", help: "page size, where FILE does not say (default 4096)" },
    compression: { type: "string", value: "HOW", words: COMPRESSIONS, help: `${COMPRESSIONS.join(", ")} (default none)` },
    "no-digest": { type: "boolean", help: "do not read FILE once more for its SHA-256" },
    ...HASHING_OPTIONS,
    json: { type: "boolean", help: "the report as one JSON document (msl.import/1)" },
    ...ENCRYPT_OPTIONS,
    ...LIMIT_OPTION,
  },
  details: [
    "The format is detected and said. Import Provenance of OUT has the digest of FILE, and what was assumed, lost and damaged.",
    "Pages that FILE describes and does not have are failed, or unmapped where a mapped file was left out of a core. They are never zeros.",
    "Raw memory has no header: give --format raw, --base or --maps. Images of physical memory (LiME, AVML) hold no process and are refused.",
    "FILE may be `-`, a pipe or a socket: the stream is copied to a temporary file first. OUT may be `-`: the report then goes to standard",
    "error. If OUT is a file, it appears under its name when it is complete, and only users who can read FILE can read it.",
    "Exit status: 0 OUT has all that FILE has a place for, 3 not readable as a dump, 4 FILE is damaged, was cut off, or was changed meanwhile.",
  ],
  examples: [
    ["msl import core.4711 -o core.msl", "makes a capture of a core, and prints what was found."],
    ["msl import memory.bin --base 400000 --arch ARM64 -o memory.msl", "takes a file for memory at an address."],
    ["msl import memory.bin --maps maps.txt -o memory.msl", "takes a file for the mappings of a process, back to back."],
  ],
  run: importFile,
};

async function importFile(invocation: Invocation): Promise<ExitStatus> {
  const { files, options, output, signal } = invocation;
  const [source, ...others] = files;
  const target = options["output"];
  if (source === undefined || others.length > 0) throw new MslError("usage", "msl import needs one file; see: msl help import");
  if (typeof target !== "string") throw new MslError("usage", "msl import needs the name of the new capture: --output OUT");
  const own = await importOptionsOf(options);
  const shown = shownAddress(source);
  const encryption = await outputEncryption(invocation, target);
  const progress = new Progress(safeText(shown), output.quiet);
  const request = { source, target, force: options["force"] === true, output };
  const { importCapture } = await import("@memslice/convert");
  try {
    const given = { ...own, ...(encryption && { encryption }), signal, onProgress: progress.update };
    const report = await withOutputFile(request, (sink) =>
      withRandomAccess(source, invocation, (input) =>
        importCapture(input, sink, given).catch((error: unknown) => {
          throw naming(shown, withOwnOptions(error));
        }),
      ),
    );
    progress.done();
    await printReport(shown, target, report, invocation);
    return report.complete ? ExitStatus.Done : ExitStatus.Incomplete;
  } finally {
    progress.done();
    forgetEncryption(encryption);
  }
}

/** The error with options of `msl` in place of those of the library. */
function withOwnOptions(error: unknown): unknown {
  if (!(error instanceof MslError) || error.code !== "not-importable") return error;
  const own = "give --format raw, and --base ADDRESS or --maps FILE";
  return new MslError(error.code, error.message.replace(/pass the format raw, .*$/, own), { cause: error });
}

/** Prints the report: on standard error if standard output takes the capture. */
async function printReport(file: string, target: string, report: ImportReport, { output, signal }: Invocation): Promise<void> {
  const channel = target === DASH ? output.diagnostics : output;
  if (output.format === "json") await channel.json(importJson(file, report), signal);
  else await channel.write(importText(file, target, report, channel));
}

async function importOptionsOf(options: Options): Promise<ImportOptions> {
  const { base, maps, arch, os, pid } = options;
  const format = oneOf(FORMATS, options["format"], "--format");
  const compression = oneOf(COMPRESSIONS, options["compression"], "--compression");
  return {
    ...importLimits(options),
    ...hashingOptions(options),
    toolName: `msl ${version()}`,
    digest: options["no-digest"] !== true,
    ...(format && { format }),
    ...(compression && { compression }),
    ...(base === undefined ? {} : { base: addressOf(base) }),
    ...(maps === undefined ? {} : { maps: await textOf(String(maps)) }),
    ...(arch === undefined ? {} : { arch: codeOf(ARCH_TYPE, arch, "--arch") }),
    ...(os === undefined ? {} : { os: codeOf(OS_TYPE, os, "--os") }),
    ...(pid === undefined ? {} : { pid: numberOf(pid, "--pid", 2 ** 32 - 1) }),
    ...(options["page-size"] === undefined ? {} : { pageSize: numberOf(options["page-size"], "--page-size", 2 ** 20) }),
  };
}

function addressOf(value: OptionValue): bigint {
  const [, digits] = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(String(value)) ?? [];
  if (digits !== undefined) return BigInt(`0x${digits}`);
  throw new MslError("usage", `--base takes an address in hexadecimal, not ${JSON.stringify(value)}`);
}

function numberOf(value: OptionValue, option: string, most: number): number {
  const number = /^[0-9]{1,10}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (number <= most) return number;
  throw new MslError("usage", `${option} takes a number from 0 to ${most}, not ${JSON.stringify(value)}`);
}

/** A code by its registered name, in any case, or as a number. */
function codeOf(table: CodeTable, value: OptionValue, option: string): number {
  const text = String(value).toLowerCase();
  const named = Object.entries(table.names).find(([, name]) => name.toLowerCase() === text);
  if (named) return Number(named[0]);
  if (/^0x[0-9a-f]{1,4}$/.test(text)) return Number(text);
  throw new MslError("usage", `${option} takes ${Object.values(table.names).join(", ")}, or a code such as 0x0100`);
}

/** Throws `source` for a file that cannot be read. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new MslError("source", `${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
