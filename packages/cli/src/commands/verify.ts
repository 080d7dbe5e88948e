import { describeReport, reportJson, type VerifyOptions, type VerifyReport, verifyCapture, verifyStream } from "@memslice/msl";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { type CrossCheck, crossCheckLines, crossCheckOf } from "../documents/cross-check.js";
import { type SalvagedBlocks, salvagedBlocks, salvagedSentence } from "../documents/salvaged-blocks.js";
import { ExitStatus, statusOfOutcome } from "../exit-status.js";
import { forEachFile, withRandomAccess } from "../for-each-file.js";
import { LIMIT_DETAILS, streamLimits } from "../limit-option.js";
import { forgetKeys, keysGiven } from "../secrets/key-options.js";
import { inputStream } from "../streams/input-stream.js";
import { byteText } from "../terminal/byte-text.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";
import { threadsOption } from "../threads-option.js";
import { withCapture } from "../with-capture.js";

export const verify: Command = {
  name: "verify",
  summary: "check the hash chain, FileHash and BlockCount",
  operands: "FILE...",
  options: {
    threads: { type: "string", value: "N", help: "worker threads: auto (default), or 1 to 64; 1 means none" },
    "no-native-hash": { type: "boolean", help: "hash with WebAssembly, also where @napi-rs/blake-hash is installed" },
    json: { type: "boolean", help: "one JSON document (msl.verify/1)" },
    ndjson: { type: "boolean", help: "one JSON document per file and line" },
    ...OPEN_OPTIONS,
    strict: { type: "boolean", help: "as a pure 1.1 consumer: a zero PrevHash in block 0 breaks the chain" },
    salvage: { type: "boolean", help: "count the blocks behind damage; they are not verified, and change no verdict" },
  },
  details: [
    "Reads each file once, in constant memory; an encrypted one twice. `-`, pipes and sockets are read by one thread; an encrypted capture",
    "that comes so is kept in memory, up to 256 MiB. With --strict, --salvage or -v streams are kept in a temporary file instead.",
    "With -v, how blocks hang together is told too: references, modules, tables, key hints, overlaps. That changes no status.",
    "Threads: auto takes one per processor, at most 8, for files of 64 MiB and more. The result is the same for any number.",
    "Where the package @napi-rs/blake-hash is installed, it hashes with one thread in place of two; with -v, the hasher is named.",
    "Exit status: 0 intact, 1 altered or not authenticated, 3 not readable, 4 incomplete, blocks added behind End-of-Capture, or",
    "anchored only in MemDiver's way. Indexes that analysis tools append (types 0x1000 to 0x1FFF) are named and change no status.",
    "Of several files the gravest counts, and a line on standard error says how many there were of each.",
    ...LIMIT_DETAILS,
  ],
  run: (invocation) =>
    forEachFile("verify", invocation, (file, operand) => verifyFile(file, operand, invocation), { [ExitStatus.Done]: "intact" }),
};

async function verifyFile(file: string, operand: string, invocation: Invocation): Promise<ExitStatus> {
  const { output, signal } = invocation;
  const { report, salvaged, crossCheck } = await verified(file, operand, invocation);
  if (output.format !== "text")
    await output.json({ schema: "msl.verify/1", file, ...reportJson(report), salvaged, crossCheck }, signal);
  else {
    const [verdict = "", ...findings] = describeReport(report);
    const color = { intact: "green", altered: "red", incomplete: "yellow" } as const;
    await output.line(`${safeText(file)}: ${output.style(color[report.outcome], verdict)}`);
    for (const finding of findings) await output.line(`  ${safeText(finding)}`);
    if (salvaged) await output.line(`  ${salvagedSentence(salvaged)}`);
    if (crossCheck) for (const line of crossCheckLines(crossCheck)) await output.line(`  ${safeText(line)}`);
    await output.line(`  ${timeSentence(report)}${output.verbose ? `, hashed by ${report.hasher}` : ""}`);
  }
  return statusOfOutcome(report.outcome);
}

interface Verified {
  readonly report: VerifyReport;
  readonly salvaged?: SalvagedBlocks;
  readonly crossCheck?: CrossCheck;
}

async function verified(file: string, operand: string, invocation: Invocation): Promise<Verified> {
  const { options, output, signal } = invocation;
  const threads = threadsOption(options["threads"]) ?? "auto";
  const nativeHash = options["no-native-hash"] !== true;
  const progress = new Progress(safeText(file), output.quiet);
  const onProgress = progress.update;
  try {
    if (options["salvage"] === true || output.verbose) {
      return await verifiedOpened(file, operand, invocation, { threads, nativeHash, signal, onProgress });
    }
    const keys = await keysGiven(invocation, file);
    try {
      const stream = options["strict"] === true ? undefined : await inputStream(operand, signal);
      if (stream) return { report: await verifyStream(stream, { signal, keys, onProgress, ...streamLimits(options) }) };
      const verifyOptions = { ...openOptions(invocation), keys, onProgress, threads, nativeHash };
      return { report: await withRandomAccess(operand, invocation, (input) => verifyCapture(input, verifyOptions)) };
    } finally {
      forgetKeys(keys);
    }
  } finally {
    progress.done();
  }
}

/** What blocks are there, and how they hang together, is found in an open capture. What is verified is the same as without it. */
function verifiedOpened(file: string, operand: string, invocation: Invocation, options: VerifyOptions): Promise<Verified> {
  const { output, signal } = invocation;
  return withRandomAccess(operand, invocation, (input) =>
    withCapture(file, input, invocation, openOptions(invocation), async (capture) => ({
      report: await capture.verify(options),
      ...(invocation.options["salvage"] === true ? { salvaged: await salvagedBlocks(capture, signal) } : {}),
      ...(output.verbose ? { crossCheck: await crossCheckOf(capture, signal) } : {}),
    })),
  );
}

function timeSentence({ bytes, elapsedMs }: VerifyReport): string {
  const seconds = elapsedMs / 1000;
  return `${byteText(bytes)} in ${seconds.toFixed(seconds < 10 ? 3 : 1)} s, ${byteText(bytes / seconds)}/s`;
}
