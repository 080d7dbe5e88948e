import type { ExportNote } from "@memslice/convert";
import { MslError, type Sink } from "@memslice/msl";
import { rangesAsked } from "../asking/memory-words.js";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import type { ExportResult, ExportTargetEntry } from "../exporting/export-request.js";
import { type SourceIntegrity, verifiedMeanwhile } from "../exporting/source-integrity.js";
import { BYTE_ORDERS, EXPORT_TARGETS, type ExportTargetName, HOLES, LAYOUTS } from "../exporting/targets.js";
import { withNewFolder } from "../extracting/new-folder.js";
import { forEachCapture } from "../for-each-file.js";
import { oneOf } from "../options.js";
import type { Channel } from "../output.js";
import { withOutputFile } from "../streams/output-file.js";
import { DASH } from "../streams/standard-input.js";
import { hanging, subjectLine } from "../terminal/columns.js";
import { Progress } from "../terminal/progress.js";
import { byteText, counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

const TARGET_NAMES = Object.keys(EXPORT_TARGETS) as ExportTargetName[];
/** Options of single targets. */
const OWN_OPTIONS = ["layout", "range", "made-up-thread", "no-made-up-thread", "holes", "byte-order", "force"];

export const exportCommand: Command = {
  name: "export",
  summary: "write a capture as a core, a minidump, raw memory or a key log",
  operands: "FILE",
  options: {
    to: { type: "string", value: "FORMAT", words: TARGET_NAMES, help: TARGET_NAMES.join(", ") },
    out: {
      type: "string",
      short: "o",
      value: "OUT",
      help: "the file to write, or - for standard output; for raw, the folder to make",
    },
    force: { type: "boolean", short: "f", help: "replace OUT if it is a file" },
    "made-up-thread": {
      type: "boolean",
      help: "elf-core: if the capture has no threads, write one whose registers are 0, for readers that insist on one",
    },
    "no-made-up-thread": {
      type: "boolean",
      help: "minidump: write no thread if the capture has none, although WinDbg and lldb refuse a minidump without one",
    },
    holes: {
      type: "string",
      value: "HOW",
      words: HOLES,
      help: "elf-core: kept (default; segments without bytes, for which gdb shows zeros), or left-out (in no segment)",
    },
    "byte-order": {
      type: "string",
      value: "ORDER",
      words: BYTE_ORDERS,
      help: "elf-core: little or big, for processors that have both",
    },
    layout: {
      type: "string",
      value: "HOW",
      words: LAYOUTS,
      help: "raw: regions (default; a file for each), or sparse (one file, in which a byte stands at its address minus the first one)",
    },
    range: {
      type: "strings",
      value: "RANGE",
      help: "only memory in A-B, A+LENGTH, a module, a type of region; may be given several times; not for key-log",
    },
    json: { type: "boolean", help: "the report as one JSON document (msl.export/1)" },
    ...OPEN_OPTIONS,
  },
  details: [
    "The report names everything that the format has no place for, and everything that was assumed, derived, made up or left out: keep it with OUT.",
    "elf-core: memory that was not captured is a segment of file size 0. gdb shows zeros there; with --holes left-out it says that it cannot read it.",
    "For memory of modules, gdb shows bytes of files of the same path on its own machine instead, if it finds them: set sysroot to an empty folder.",
    "minidump: without threads in the capture, one is made up, and named as such in the report and in the file.",
    "raw: manifest.json has the runs of each file: addresses, state, and the offset in the file; and the SHA-256 of its captured bytes. In a sparse file,",
    "bytes that were not captured read as zeros: the manifest says which. A folder that is not empty is never written to.",
    "key-log: TLS secrets of Key Hints as lines of RFC 9850. They are keys: protect OUT. A line needs the client random, which the note of a hint may tell.",
    "A file appears under its name when it is complete, and only users who can read FILE can read it. With OUT `-`, the report goes to standard error.",
    "FILE is verified meanwhile: OUT is written even if the hashes of FILE do not match, and the report says so.",
    "Exit status: 0 OUT has everything that was captured, in the ranges asked for, and that its format can hold, 1 the hashes of FILE do not match, it is not authenticated, or there is no TLS secret for a key log, 4 something is left out, or FILE lacks something that was captured. What a format has no place for does not count.",
  ],
  examples: [
    ["msl export evidence.msl --to elf-core -o evidence.core", "writes a core for gdb, lldb and other tools."],
    ["msl export evidence.msl --to minidump -o evidence.dmp", "writes a minidump for WinDbg, lldb and other tools."],
    [
      "msl export evidence.msl --to raw -o evidence.raw --layout sparse --range heap",
      "writes the heap as one file with a manifest.",
    ],
    ["msl export evidence.msl --to key-log -o keys.log", "writes TLS secrets in the form that Wireshark reads."],
  ],
  run: async (invocation) => {
    const { files, options, output, signal } = invocation;
    const [file, ...others] = files;
    const name = oneOf(TARGET_NAMES, options["to"], "--to");
    const out = options["out"];
    if (file === undefined || others.length > 0) throw new MslError("usage", "msl export needs one file; see: msl help export");
    if (name === undefined) throw new MslError("usage", `msl export needs a format: --to ${TARGET_NAMES.join(", ")}`);
    if (typeof out !== "string" || out === "") throw new MslError("usage", "msl export needs a name for what it writes: -o OUT");
    const target: ExportTargetEntry = EXPORT_TARGETS[name];
    requireOptionsOf(name, target, invocation);
    return forEachCapture("export", invocation, (shown, input) =>
      withCapture(shown, input, invocation, openOptions(invocation), async (capture) => {
        const progress = new Progress(safeText(shown), output.quiet);
        const asked = options["range"];
        const ranges = asked === undefined ? undefined : await rangesAsked(asked, capture, signal);
        const request = { capture, file: shown, ranges, options, signal, progress };
        const write = () =>
          target.kind === "folder"
            ? withNewFolder(out, output, (folder) => target.write(request, folder))
            : withOutputFile({ source: file, target: out, force: options["force"] === true, output }, (sink: Sink) =>
                target.write(request, sink),
              );
        const { result, integrity } = await verifiedMeanwhile(capture, signal, write).finally(() => progress.done());
        const written = { file: shown, out, name, words: target.words, isPart: ranges !== undefined, integrity };
        await printReport(written, result, invocation);
        if (integrity?.outcome === "altered") return ExitStatus.Finding;
        if (!result.complete) return ExitStatus.Incomplete;
        return result.lines === 0 ? ExitStatus.Finding : ExitStatus.Done;
      }),
    );
  },
};

/** Throws `usage` for options of other targets, and for a folder that is to be a stream or to be replaced. */
function requireOptionsOf(name: string, target: ExportTargetEntry, { options }: Invocation): void {
  const own = [...target.options, ...(target.kind === "file" ? ["force"] : [])];
  const other = OWN_OPTIONS.find((option) => options[option] !== undefined && !own.includes(option));
  if (other !== undefined) throw new MslError("usage", `--${other} has no meaning with --to ${name}; see: msl help export`);
  if (target.kind === "folder" && options["out"] === DASH)
    throw new MslError("usage", `--to ${name} makes a folder, which standard output cannot be: -o FOLDER`);
}

interface Written {
  readonly file: string;
  readonly out: string;
  readonly name: ExportTargetName;
  readonly words: string;
  /** Whether only memory in some ranges was asked for. */
  readonly isPart: boolean;
  readonly integrity: SourceIntegrity | null;
}

/** Prints the report: on standard error if standard output takes the export. */
async function printReport(
  { file, out, name, words, isPart, integrity }: Written,
  result: ExportResult,
  { output, signal }: Invocation,
): Promise<void> {
  const channel = out === DASH ? output.diagnostics : output;
  if (output.format === "json") {
    const { size, memory, notes, complete, ...counts } = result;
    const bytes = memory && Object.fromEntries(Object.entries(memory).map(([state, length]) => [state, String(length)]));
    const { segments, threads, modules, lines } = counts;
    const given = { ...(bytes && { memory: bytes }), ...defined({ segments, threads, modules, lines }) };
    return channel.json(
      { schema: "msl.export/1", file, out, target: name, size: String(size), ...given, integrity, notes, complete },
      signal,
    );
  }
  const { memory } = result;
  const counts = [
    ...(memory ? [`${byteText(Number(memory.captured))} of memory`] : []),
    ...(result.segments === undefined ? [] : [counted(result.segments, name === "raw" ? "runs" : "segments")]),
    ...(name === "raw" || result.threads === undefined ? [] : [counted(result.threads, "threads")]),
    ...(name === "raw" || result.modules === undefined ? [] : [counted(result.modules, "modules")]),
    ...(result.lines === undefined ? [] : [counted(result.lines, "lines")]),
  ];
  const holes = memory
    ? (["failed", "unmapped", "missing"] as const)
        .filter((state) => memory[state] > 0n)
        .map((state) => `${byteText(Number(memory[state]))} ${state}`)
    : [];
  const lines = [
    subjectLine(safeText(out), `${words}, ${byteText(Number(result.size))}: ${counts.join(", ")}`, channel),
    ...(holes.length > 0 ? [hanging("not captured: ", holes.join(", "), channel.width)] : []),
    ...result.notes.map((note) => noteLine(note, channel)),
    ...integrityLines(file, integrity, channel),
    result.complete
      ? result.lines === 0
        ? channel.style("yellow", "The capture has no TLS secret for a key log: the output is empty")
        : channel.style(
            "green",
            hanging(
              "",
              `The output has everything that was captured${isPart ? " in the ranges asked for" : ""} and that its format can hold`,
              channel.width,
            ),
          )
      : channel.style(
          "yellow",
          hanging("", "The output lacks something that was captured; see `left out` and `missing` above", channel.width),
        ),
  ];
  await channel.write(`${lines.join("\n")}\n`);
}

/** What is wrong with the hashes of the capture: nothing is said of one that is intact, and the notes say what an incomplete one lacks. */
function integrityLines(file: string, integrity: SourceIntegrity | null, channel: Channel): string[] {
  if (!integrity) return [hanging("", `${safeText(file)}: not verified, its hash algorithm is not registered`, channel.width)];
  if (integrity.outcome !== "altered") return [];
  const [verdict = "", ...findings] = integrity.findings;
  return [
    channel.style("red", hanging("", `${safeText(file)}: ${safeText(verdict)}`, channel.width)),
    ...findings.map((finding) => hanging("  ", safeText(finding), channel.width)),
  ];
}

/** Columns of the longest kind of a note. */
const KIND_WIDTH = 9;

function noteLine({ kind, subject, message }: ExportNote, { width }: Channel): string {
  return hanging(`${kind.padEnd(KIND_WIDTH)}  `, `${safeText(subject)}: ${safeText(message)}`, width);
}

function defined(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined));
}
