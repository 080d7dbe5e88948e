import {
  type Capture,
  describeReport,
  describeThreads,
  MslError,
  reportJson,
  type VerifyOptions,
  type VerifyReport,
  verifyCapture,
  verifyStream,
} from "@memslice/msl";
import { digestJson, digestSentence } from "@memslice/msl/work";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { withHint } from "../damaged-header.js";
import { type CrossCheck, crossCheckLines, crossCheckOf } from "../documents/cross-check.js";
import { ExitStatus, statusOfError, statusOfOutcome } from "../exit-status.js";
import { forEachFile, withRandomAccess } from "../for-each-file.js";
import { streamLimits } from "../limit-option.js";
import { HASHING_OPTIONS, hashingOptions } from "../options.js";
import { forgetKeys, keysGiven } from "../secrets/key-options.js";
import { DIGESTS, digestOptions, type Verification, verifiedFile, verifiedStream } from "../streams/file-digest.js";
import { inputStream } from "../streams/input-stream.js";
import { hanging } from "../terminal/columns.js";
import { Progress } from "../terminal/progress.js";
import { byteText, counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { inTurns } from "../turns.js";
import { withCapture } from "../with-capture.js";

export const verify: Command = {
  name: "verify",
  summary: "check the hash chain, FileHash and BlockCount",
  operands: "FILE...",
  options: {
    digest: { type: "string", value: "ALGO", words: DIGESTS, help: `also the digest of the whole file: ${DIGESTS.join(", ")}` },
    expect: {
      type: "string",
      value: "HASH",
      help: "the digest that the whole file has to have: of --digest, sha256:HEX, blake3:HEX, or either",
    },
    ...HASHING_OPTIONS,
    json: { type: "boolean", help: "one JSON document (msl.verify/1)" },
    ndjson: { type: "boolean", help: "one JSON document per file and line" },
    ...OPEN_OPTIONS,
    strict: { type: "boolean", help: "verify as a pure 1.1 consumer would: a zero PrevHash in block 0 breaks the chain" },
    salvage: { type: "boolean", help: "also count the blocks behind damage; they are not verified, and change no verdict" },
  },
  details: [
    "A digest covers every byte of the file as it is stored, and is computed in the same pass. Keep it where nobody can change it, and check it",
    "with --expect: another digest is status 1. Without its algorithm, it is compared with BLAKE3 and, if that differs, with SHA-256.",
    "A file that cannot be verified, as an encrypted one without its key, has a digest, too: with the expected one, it is status 4.",
    "Reads each file once, in constant memory; an encrypted file twice. `-`, pipes and sockets are read by one thread; an encrypted capture",
    "from such a stream is kept in memory, up to 256 MiB. With --strict, --salvage or -v, a stream is copied to a temporary file instead.",
    "With -v, relations between blocks are also checked: references, modules, tables, key hints, overlaps. Deviations in these relations change no status.",
    "Threads: auto takes one per processor, at most 8, for files of 64 MiB and more. The result is the same for any number.",
    "If the package @napi-rs/blake-hash is installed, one thread hashes with it, in place of two threads; with -v, the hasher is named,",
    "and how many threads worked, and why no more.",
    "Exit status: 0 intact, 1 altered or not authenticated, 3 not readable, 4 incomplete, blocks added behind End-of-Capture, or",
    "anchored to zeros as MemDiver does it. Indexes that analysis tools append (types 0x1000 to 0x1FFF) are named and change no status.",
    "For several files, the status is the gravest one, and a line on standard error counts the files by outcome.",
  ],
  examples: [
    ["msl verify evidence.msl", "checks the capture, and shows progress on a terminal."],
    ["msl verify evidence.msl --digest sha256", "also prints the digest of the whole file."],
    ["zcat evidence.msl.gz | msl verify -", "checks a stream while it arrives."],
    ["msl verify --json --key-file case.key locked.msl", "checks an encrypted capture with its key."],
  ],
  run: (invocation) =>
    forEachFile("verify", invocation, (file, operand) => verifyFile(file, operand, invocation), { [ExitStatus.Done]: "intact" }),
};

async function verifyFile(file: string, operand: string, invocation: Invocation): Promise<ExitStatus> {
  const { output, signal } = invocation;
  const verification = await verified(file, operand, invocation);
  if ("error" in verification) return digestAlone(file, verification, invocation);
  const { report, salvaged, crossCheck } = verification;
  if (output.format !== "text")
    await output.json({ schema: "msl.verify/1", file, ...reportJson(report), salvaged, crossCheck }, signal);
  else {
    const [verdict = "", ...findings] = describeReport(report);
    const color = { intact: "green", altered: "red", incomplete: "yellow" } as const;
    const paragraph = (text: string) => output.line(hanging("  ", safeText(text), output.width));
    const subject = `${safeText(file)}: `;
    const verdictLines = hanging(subject, verdict, output.width).slice(subject.length);
    await output.line(`${subject}${output.style(color[report.outcome], verdictLines)}`);
    for (const finding of findings) await paragraph(finding);
    const { stored } = report.fileHash;
    if (report.outcome === "intact" && stored) await paragraph(`FileHash ${Buffer.from(stored).toString("hex")}`);
    if (salvaged) await paragraph(salvagedSentence(salvaged));
    if (crossCheck) for (const line of crossCheckLines(crossCheck)) await paragraph(line);
    await paragraph(`${timeSentence(report)}${output.verbose ? `, hashed by ${report.hasher}` : ""}`);
    if (output.verbose) await paragraph(describeThreads(report.threads));
  }
  return report.digest?.matches === false ? ExitStatus.Finding : statusOfOutcome(report.outcome);
}

/** Prints the digest of a file that cannot be verified, and why it cannot. */
async function digestAlone(file: string, { error, digest }: Unverified, { output }: Invocation): Promise<ExitStatus> {
  await output.failure("verify", file, error, { digest: digestJson(digest) });
  if (output.format === "text") {
    await output.line(`${safeText(file)}: ${output.style("yellow", "Not verified")}`);
    await output.line(hanging("  ", digestSentence(digest), output.width));
  }
  if (digest.matches === false) return ExitStatus.Finding;
  // Without the key, the expected digest is the only check there is. The hashes inside remain unchecked.
  return digest.matches && error.code === "missing-key" ? ExitStatus.Incomplete : statusOfError(error);
}

/** Blocks behind damage. */
interface SalvagedBlocks {
  readonly blocks: number;
  /** Where the first block begins, in bytes from the start of the file or of the decrypted stream; null if there is none. */
  readonly firstOffset: number | null;
}

interface Verified {
  readonly report: VerifyReport;
  readonly salvaged?: SalvagedBlocks;
  readonly crossCheck?: CrossCheck;
}

/** A file that cannot be verified, but has a digest. */
type Unverified = Extract<Verification, { readonly error: unknown }>;

async function verified(file: string, operand: string, invocation: Invocation): Promise<Verified | Unverified> {
  const { options, output, signal } = invocation;
  const hashing = hashingOptions(options);
  const progress = new Progress(safeText(file), output.quiet);
  const onProgress = progress.update;
  const digests = digestOptions(options);
  try {
    if (options["salvage"] === true || output.verbose) {
      if (Object.keys(digests).length > 0)
        throw new MslError("usage", "--digest and --expect verify in one pass, without --salvage and -v");
      return await verifiedOpened(file, operand, invocation, { ...hashing, signal, onProgress });
    }
    const keys = await keysGiven(invocation, file);
    try {
      const stream = options["strict"] === true ? undefined : await inputStream(operand, signal);
      if (stream)
        return await verifiedStream(stream, digests, signal, (chunks) =>
          verifyStream(chunks, { signal, keys, onProgress, ...streamLimits(options) }),
        );
      const verifyOptions = { ...openOptions(invocation), ...hashing, keys, onProgress };
      return await withRandomAccess(operand, invocation, (input) =>
        verifiedFile(input, digests, signal, (asked) =>
          verifyCapture(input, { ...verifyOptions, ...asked }).catch((error: unknown) => withHint(error, input, signal)),
        ),
      );
    } finally {
      forgetKeys(keys);
    }
  } finally {
    progress.done();
  }
}

/** Verifies an open capture, which --salvage and -v need in order to count and check its blocks. The report is the same. */
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

async function salvagedBlocks({ blocks }: Capture, signal: AbortSignal): Promise<SalvagedBlocks> {
  let number = 0;
  let firstOffset: number | null = null;
  for await (const { salvaged, offset } of inTurns(blocks, signal)) {
    if (!salvaged) continue;
    number++;
    firstOffset ??= offset;
  }
  return { blocks: number, firstOffset };
}

function salvagedSentence({ blocks, firstOffset }: SalvagedBlocks): string {
  if (firstOffset === null) return "Behind damage: no further blocks";
  return `Behind damage: ${counted(blocks, "blocks")}, from offset ${firstOffset} on; no chain reaches them, and they are not verified`;
}

function timeSentence({ bytes, elapsedMs }: VerifyReport): string {
  const seconds = elapsedMs / 1000;
  return `${byteText(bytes)} in ${seconds.toFixed(seconds < 10 ? 3 : 1)} s, ${byteText(bytes / seconds)}/s`;
}
