import { createReadStream } from "node:fs";
import { describeReport, type VerifyReport, verifyStream } from "@memslice/msl";
import type { Command, Invocation } from "../command.js";
import { verifyDocument } from "../documents/verify-document.js";
import { type ExitStatus, statusOfOutcome } from "../exit-status.js";
import { forEachFile } from "../for-each-file.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

const STANDARD_INPUT = "-";

export const verify: Command = {
  name: "verify",
  summary: "check the hash chain, FileHash and BlockCount",
  operands: "FILE...",
  options: {
    json: { type: "boolean", help: "one JSON document (msl.verify/1)" },
    ndjson: { type: "boolean", help: "one JSON document per file and line" },
  },
  details: [
    "Reads each file once, in constant memory. `-` is standard input.",
    "Exit status: 0 intact, 1 altered, 3 not readable, 4 incomplete or anchored only in MemDiver's way.",
  ],
  run: (invocation) => forEachFile("verify", invocation, (file) => verifyFile(file, invocation)),
};

async function verifyFile(file: string, { output, signal }: Invocation): Promise<ExitStatus> {
  const report = await verifyInput(file, output.quiet, signal);
  if (output.format !== "text") await output.json(verifyDocument(file, report));
  else {
    const [verdict = "", ...findings] = describeReport(report);
    const color = { intact: "green", altered: "red", incomplete: "yellow" } as const;
    await output.line(`${safeText(file)}: ${output.style(color[report.outcome], verdict)}`);
    for (const finding of findings) await output.line(`  ${finding}`);
  }
  return statusOfOutcome(report.outcome);
}

async function verifyInput(file: string, quiet: boolean, signal: AbortSignal): Promise<VerifyReport> {
  const progress = new Progress(safeText(file), quiet);
  const options = { signal, onProgress: progress.update };
  try {
    if (file === STANDARD_INPUT) return await verifyStream(createReadStream("", { fd: 0, autoClose: false }), options);
    return await withCapture(file, { signal }, (capture) => capture.verify(options));
  } finally {
    progress.done();
  }
}
