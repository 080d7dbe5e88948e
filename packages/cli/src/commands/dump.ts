import { blockJson, type Capture, encryptionJson, headerJson } from "@memslice/msl";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import { forEachFile } from "../for-each-file.js";
import { safeJson } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

export const dump: Command = {
  name: "dump",
  summary: "print header and decoded blocks as JSON",
  operands: "FILE...",
  options: {
    json: { type: "boolean", help: "one JSON document (msl.dump/1); the default" },
    ndjson: { type: "boolean", help: "the header, then one JSON object per block and line" },
    digests: { type: "boolean", help: "add BLAKE3 digests of payloads and page data" },
    ...OPEN_OPTIONS,
  },
  details: [
    "A block that cannot be decoded has a `problem` in place of its `payload`; what was saved of it stands under `partial`.",
    "Page data is printed as digests only. Offsets of an encrypted capture's blocks count in the decrypted stream.",
  ],
  run: (invocation) =>
    forEachFile("dump", invocation, (file) =>
      withCapture(file, invocation, openOptions(invocation), (capture) => dumpFile(file, capture, invocation)),
    ),
};

async function dumpFile(file: string, capture: Capture, invocation: Invocation): Promise<ExitStatus> {
  const { output, options, signal } = invocation;
  const blockOptions = { digests: options["digests"] === true, signal };
  const { header, dialect } = capture;
  const encryption = capture.encryption && encryptionJson(capture.encryption);
  const head = { schema: "msl.dump/1", file, header: headerJson(header), dialect, encryption };
  if (output.format === "ndjson") {
    await output.json({ ...head, deviations: capture.deviations });
    for (const block of capture.blocks) await output.json(await blockJson(block, blockOptions));
    return ExitStatus.Done;
  }
  await output.write(`${safeJson({ ...head, deviations: capture.deviations }).slice(0, -1)},"blocks":[`);
  await writeBlocks(capture, blockOptions, (text) => output.write(text));
  await output.line("\n]}");
  return ExitStatus.Done;
}

/** Block by block: the document never stands in memory whole. */
async function writeBlocks(
  capture: Capture,
  options: { digests: boolean; signal: AbortSignal },
  write: (text: string) => Promise<void>,
): Promise<void> {
  let separator = "\n";
  for (const block of capture.blocks) {
    await write(`${separator}${safeJson(await blockJson(block, options))}`);
    separator = ",\n";
  }
}
