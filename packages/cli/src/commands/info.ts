import { type Capture, describeReport } from "@memslice/msl";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { captureSummary, infoDocument } from "../documents/capture-summary.js";
import { infoText } from "../documents/info-text.js";
import { verifyDocument } from "../documents/verify-document.js";
import { ExitStatus, statusOfOutcome } from "../exit-status.js";
import { forEachFile } from "../for-each-file.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

export const info: Command = {
  name: "info",
  summary: "show what a capture is",
  operands: "FILE...",
  options: {
    verify: { type: "boolean", help: "verify it too; the exit status is then that of `verify`" },
    json: { type: "boolean", help: "one JSON document (msl.info/1)" },
    ndjson: { type: "boolean", help: "one JSON document per file and line" },
    ...OPEN_OPTIONS,
  },
  details: ["Pages are counted over all regions; where regions overlap, a page counts in each."],
  run: (invocation) =>
    forEachFile("info", invocation, (file) =>
      withCapture(file, openOptions(invocation), (capture) => showInfo(file, capture, invocation)),
    ),
};

async function showInfo(file: string, capture: Capture, invocation: Invocation): Promise<ExitStatus> {
  const { output, options, signal } = invocation;
  const summary = await captureSummary(capture, signal);
  const progress = new Progress(safeText(file), output.quiet);
  const report = options["verify"] === true ? await capture.verify({ signal, onProgress: progress.update }) : undefined;
  progress.done();
  if (output.format !== "text") {
    const integrity = report ? { verdict: report.verdict, integrity: verifyDocument(file, report).integrity } : {};
    await output.json({ ...infoDocument(file, summary), ...integrity });
  } else {
    const integrity = report && { outcome: report.outcome, sentences: describeReport(report) };
    await output.write(infoText(file, summary, integrity, output));
  }
  return report ? statusOfOutcome(report.outcome) : ExitStatus.Done;
}
