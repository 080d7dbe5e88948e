import { MslError, shownAddress, type TranscodeCompression } from "@memslice/msl";
import type { RepairReport } from "@memslice/msl/repair";
import type { Command, Invocation } from "../command.js";
import { transcodeText } from "../documents/transcode-text.js";
import type { ExitStatus } from "../exit-status.js";
import { LIMIT_OPTION, transcodeLimits } from "../limit-option.js";
import { HASHING_OPTIONS, hashingOptions } from "../options.js";
import { KEY_OPTIONS } from "../secrets/key-options.js";
import { ENCRYPT_OPTIONS } from "../secrets/output-secret.js";
import { rewrittenFile, rewrittenStatus } from "../streams/rewritten-file.js";
import { DASH } from "../streams/standard-input.js";
import { hanging } from "../terminal/columns.js";
import { counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { version } from "../version.js";

const KEEP: TranscodeCompression = "keep";

export const repair: Command = {
  name: "repair",
  summary: "write what can be read of a damaged capture as a new capture that verifies",
  operands: "FILE",
  options: {
    out: { type: "string", short: "o", value: "OUT", help: "the new capture; FILE is only read" },
    force: { type: "boolean", short: "f", help: "replace OUT if it exists" },
    ...HASHING_OPTIONS,
    json: { type: "boolean", help: "the report as one JSON document (msl.repair/1)" },
    ...ENCRYPT_OPTIONS,
    ...KEY_OPTIONS,
    ...LIMIT_OPTION,
  },
  details: [
    "OUT has every complete block of FILE, those behind damage too, and every complete page of a region that was cut off. Blocks that cannot be",
    "decoded are copied as they are stored. Import Provenance of OUT has the BLAKE3 digest of FILE, its verdict, and the blocks and memory that are",
    "lost; the report names fields, too.",
    "A file header that cannot be read is replaced by what the blocks and their hashes establish; other fields are unknown, and the report names each. A",
    "file in which nothing shows blocks is refused (status 3).",
    "An encrypted FILE needs its key; one that was cut off or altered, also in its header, cannot be opened (status 1): nothing is decrypted before the tag",
    "is verified. OUT is not encrypted unless an option asks for it.",
    "OUT may be `-`: the report then goes to standard error.",
    "Exit status: 0 nothing is lost, 1 the hashes of FILE do not match, or it is not authenticated, 3 not readable as MSL, 4 something is lost, or FILE had no end.",
  ],
  examples: [["msl repair cut-off.msl -o repaired.msl", "writes what can be read as a new capture."]],
  run: repairFile,
};

async function repairFile(invocation: Invocation): Promise<ExitStatus> {
  const { files, options } = invocation;
  const [source, ...others] = files;
  const target = options["out"];
  if (source === undefined || others.length > 0)
    throw new MslError("usage", "msl repair needs one file, and -o OUT for the new capture; see: msl help repair");
  if (typeof target !== "string") throw new MslError("usage", "msl repair needs the name of the new capture: -o OUT");
  const { repairCapture } = await import("@memslice/msl/repair");
  const own = { ...transcodeLimits(options), ...hashingOptions(options), compression: KEEP, toolName: `msl ${version()}` };
  const report = await rewrittenFile(source, target, invocation, (input, sink, given) =>
    repairCapture(input, sink, { ...own, ...given }),
  );
  await printReport(shownAddress(source), target, report, invocation);
  return rewrittenStatus(report);
}

async function printReport(file: string, target: string, report: RepairReport, { output, signal }: Invocation): Promise<void> {
  const channel = target === DASH ? output.diagnostics : output;
  if (output.format === "json") await channel.json({ schema: "msl.repair/1", file, ...report }, signal);
  else {
    const { sourceBlake3, note, salvagedBlocks } = report.repair;
    await channel.write(
      [
        transcodeText(file, target, report, channel).trimEnd(),
        hanging(
          "",
          `${counted(salvagedBlocks, "blocks")} found by searching behind damage; BLAKE3 of ${safeText(file)}: ${sourceBlake3}`,
          channel.width,
        ),
        hanging("", `Import Provenance of ${safeText(target)}: ${safeText(note)}`, channel.width),
        "",
      ].join("\n"),
    );
  }
}
