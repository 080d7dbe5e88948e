import { createReadStream } from "node:fs";
import { describeReport, reportJson, type VerifyReport, verifyCapture, verifyStream } from "@memslice/msl";
import type { Command, Invocation } from "../command.js";
import { type ExitStatus, statusOfOutcome } from "../exit-status.js";
import { forEachFile } from "../for-each-file.js";
import { forgetKeys, KEY_OPTIONS, keysGiven } from "../secrets/key-options.js";
import { byteText } from "../terminal/byte-text.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";
import { threadsOption } from "../threads-option.js";

const STANDARD_INPUT = "-";

export const verify: Command = {
  name: "verify",
  summary: "check the hash chain, FileHash and BlockCount",
  operands: "FILE...",
  options: {
    threads: { type: "string", value: "N", help: "worker threads: auto (default), or 1 to 64; 1 means none" },
    json: { type: "boolean", help: "one JSON document (msl.verify/1)" },
    ndjson: { type: "boolean", help: "one JSON document per file and line" },
    ...KEY_OPTIONS,
  },
  details: [
    "Reads each file once, in constant memory; an encrypted one twice. `-` is standard input, read by one thread; an encrypted capture is",
    "kept in memory there, up to 256 MiB.",
    "Threads: auto takes one per processor, at most 8, for files of 64 MiB and more. The result is the same for any number.",
    "Exit status: 0 intact, 1 altered or not authenticated, 3 not readable, 4 incomplete or anchored only in MemDiver's way.",
  ],
  run: (invocation) => forEachFile("verify", invocation, (file) => verifyFile(file, invocation)),
};

async function verifyFile(file: string, invocation: Invocation): Promise<ExitStatus> {
  const { output } = invocation;
  const report = await verifyInput(file, invocation);
  if (output.format !== "text") await output.json({ schema: "msl.verify/1", file, ...reportJson(report) });
  else {
    const [verdict = "", ...findings] = describeReport(report);
    const color = { intact: "green", altered: "red", incomplete: "yellow" } as const;
    await output.line(`${safeText(file)}: ${output.style(color[report.outcome], verdict)}`);
    for (const finding of findings) await output.line(`  ${finding}`);
    await output.line(`  ${timeSentence(report)}`);
  }
  return statusOfOutcome(report.outcome);
}

async function verifyInput(file: string, { options, output, signal }: Invocation): Promise<VerifyReport> {
  const threads = threadsOption(options["threads"]) ?? "auto";
  const keys = await keysGiven(options, file);
  const progress = new Progress(safeText(file), output.quiet);
  const watched = { signal, keys, onProgress: progress.update };
  try {
    if (file === STANDARD_INPUT) return await verifyStream(createReadStream("", { fd: 0, autoClose: false }), watched);
    return await verifyCapture(file, { ...watched, threads });
  } finally {
    progress.done();
    forgetKeys(keys);
  }
}

function timeSentence({ bytes, elapsedMs }: VerifyReport): string {
  const seconds = elapsedMs / 1000;
  return `${byteText(bytes)} in ${seconds.toFixed(seconds < 10 ? 3 : 1)} s, ${byteText(bytes / seconds)}/s`;
}
