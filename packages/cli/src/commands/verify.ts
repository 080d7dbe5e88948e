import { createReadStream } from "node:fs";
import { describeReport, type VerifyReport, verifyStream } from "@memslice/msl";
import type { Command, Invocation } from "../command.js";
import { verifyDocument } from "../documents/verify-document.js";
import { type ExitStatus, statusOfOutcome } from "../exit-status.js";
import { forEachFile } from "../for-each-file.js";
import { KEY_OPTIONS, keysGiven } from "../secrets/key-options.js";
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
    ...KEY_OPTIONS,
  },
  details: [
    "Reads each file once, in constant memory; an encrypted one twice. `-` is standard input, where an encrypted capture is kept in",
    "memory, up to 256 MiB.",
    "Exit status: 0 intact, 1 altered or not authenticated, 3 not readable, 4 incomplete or anchored only in MemDiver's way.",
  ],
  run: (invocation) => forEachFile("verify", invocation, (file) => verifyFile(file, invocation)),
};

async function verifyFile(file: string, invocation: Invocation): Promise<ExitStatus> {
  const { output } = invocation;
  const report = await verifyInput(file, invocation);
  if (output.format !== "text") await output.json(verifyDocument(file, report));
  else {
    const [verdict = "", ...findings] = describeReport(report);
    const color = { intact: "green", altered: "red", incomplete: "yellow" } as const;
    await output.line(`${safeText(file)}: ${output.style(color[report.outcome], verdict)}`);
    for (const finding of findings) await output.line(`  ${finding}`);
  }
  return statusOfOutcome(report.outcome);
}

async function verifyInput(file: string, invocation: Invocation): Promise<VerifyReport> {
  const { signal } = invocation;
  const progress = new Progress(safeText(file), invocation.output.quiet);
  const options = { signal, onProgress: progress.update };
  try {
    if (file === STANDARD_INPUT) {
      const keys = await keysGiven(invocation.options, file);
      return await verifyStream(createReadStream("", { fd: 0, autoClose: false }), { ...options, keys });
    }
    return await withCapture(file, invocation, options, (capture) => capture.verify(options));
  } finally {
    progress.done();
  }
}
