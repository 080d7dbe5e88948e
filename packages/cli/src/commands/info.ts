import { type Capture, type CaptureInput, describeReport, inspectCapture, MslError, reportJson } from "@memslice/msl";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { captureSummary, infoDocument, isIncomplete, lockedDocument } from "../documents/capture-summary.js";
import { crossCheckOf } from "../documents/cross-check.js";
import { infoTexts, lockedText } from "../documents/info-text.js";
import { ExitStatus, gravest, statusOfOutcome } from "../exit-status.js";
import { forEachCapture } from "../for-each-file.js";
import { serverLimits } from "../limit-option.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

export const info: Command = {
  name: "info",
  summary: "show a summary of a capture",
  operands: "FILE...",
  options: {
    verify: {
      type: "boolean",
      help: "also verify the capture; the exit status is then that of `verify`, or 4 if that is 0 and the capture is incomplete",
    },
    json: { type: "boolean", help: "one JSON document (msl.info/1)" },
    ndjson: { type: "boolean", help: "one JSON document per file and line" },
    ...OPEN_OPTIONS,
  },
  details: [
    "Pages are counted over all regions; where regions overlap, a page counts in each. Compressed page data is decompressed, to check that it is complete.",
    "Exit status: 0 done, 1 not authenticated, 4 the capture has no End-of-Capture, captured pages lack bytes, or a region cannot be read; with --verify also 1 altered.",
    "Deviations are those of the header, of the end and of the order of blocks; `msl lint` also lists those inside blocks. With -v, each is a sentence, and relations between blocks are checked: references, modules, tables, key hints, overlaps.",
    "For an encrypted capture without its key, only the header is shown; it is not authenticated.",
  ],
  examples: [
    ["msl info evidence.msl", "shows process, system, times, producer, pages by state and deviations."],
    ["msl info *.msl --ndjson", "a summary of each capture, as a JSON document in a line."],
    ["msl info evidence.msl --verify --json", "with the verdict of `msl verify`."],
  ],
  run: (invocation) =>
    forEachCapture("info", invocation, (file, input) =>
      withCapture(file, input, invocation, openOptions(invocation), (capture) => showInfo(file, capture, invocation)).catch(
        (error) => showLocked(file, input, error, invocation),
      ),
    ),
};

/** Shows the header of an encrypted capture without its key. Throws the error again if it is another one, or if --verify needs the key. */
async function showLocked(file: string, input: CaptureInput, error: unknown, invocation: Invocation): Promise<ExitStatus> {
  const { output, options } = invocation;
  if (!(error instanceof MslError) || error.code !== "missing-key" || options["verify"] === true) throw error;
  const { strict, signal } = openOptions(invocation);
  const head = await inspectCapture(input, { strict, signal, ...serverLimits(options) });
  if (output.format === "text") await output.write(lockedText(file, head, output));
  else await output.json(lockedDocument(file, head), signal);
  return ExitStatus.Done;
}

async function showInfo(file: string, capture: Capture, invocation: Invocation): Promise<ExitStatus> {
  const { output, options, signal } = invocation;
  const summary = await captureSummary(capture, signal);
  const crossCheck = output.verbose ? await crossCheckOf(capture, signal) : undefined;
  const progress = new Progress(safeText(file), output.quiet);
  const report = options["verify"] === true ? await capture.verify({ signal, onProgress: progress.update }) : undefined;
  progress.done();
  if (output.format !== "text") {
    const integrity = report ? { verdict: report.verdict, integrity: reportJson(report).integrity } : {};
    await output.json({ ...infoDocument(file, summary), ...(crossCheck && { crossCheck }), ...integrity }, signal);
  } else {
    const integrity = report && { outcome: report.outcome, sentences: describeReport(report) };
    await output.texts(infoTexts(file, summary, crossCheck, integrity, output), signal);
  }
  const status = isIncomplete(summary) ? ExitStatus.Incomplete : ExitStatus.Done;
  return report ? gravest(status, statusOfOutcome(report.outcome)) : status;
}
