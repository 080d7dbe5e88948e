import {
  blockJson,
  type Capture,
  type CaptureBlock,
  encryptionJson,
  headerJson,
  type JsonObject,
  type JsonValue,
} from "@memslice/msl";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { HintNotes } from "../documents/hint-notes.js";
import { ExitStatus } from "../exit-status.js";
import { forEachCapture } from "../for-each-file.js";
import { withLimitOptions } from "../limit-option.js";
import { missingBlocks } from "../tables/table-command.js";
import { Progress } from "../terminal/progress.js";
import { counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

export const dump: Command = {
  name: "dump",
  summary: "print header and decoded blocks as JSON",
  operands: "FILE...",
  options: {
    json: { type: "boolean", help: "one JSON document (msl.dump/1); the default" },
    ndjson: { type: "boolean", help: "the header, then one JSON object per block and line" },
    "show-secrets": { type: "boolean", help: "print notes of Key Hints with the bytes of keys that they tell" },
    digests: { type: "boolean", help: "add BLAKE3 digests of payloads and page data" },
    ...OPEN_OPTIONS,
  },
  details: [
    "A block that cannot be decoded has a `problem` in place of its `payload`, and its fields before the fault under `partial`.",
    "Exit status: 0 done, 1 not authenticated, 4 a block cannot be decoded, the capture has no End-of-Capture, or bytes between its blocks belong to no block.",
    "Page data is printed as digests only. In notes of Key Hints, the bytes of keys are hidden as msl keys hides them, unless --show-secrets is given. Block offsets in an encrypted capture are offsets in the decrypted stream.",
  ],
  examples: [
    ["msl dump evidence.msl | jq '.blocks[].typeName'", "prints a field of every block."],
    ["msl dump evidence.msl --digests", "with a BLAKE3 digest of each payload."],
  ],
  run: (invocation) =>
    forEachCapture("dump", invocation, (file, input) =>
      withCapture(file, input, invocation, openOptions(invocation), (capture) => dumpFile(file, capture, invocation)),
    ),
};

async function dumpFile(file: string, capture: Capture, invocation: Invocation): Promise<ExitStatus> {
  const { output, options, signal } = invocation;
  const digests = options["digests"] === true;
  const { header, dialect, deviations } = capture;
  const encryption = capture.encryption && encryptionJson(capture.encryption);
  const notes = options["show-secrets"] === true ? undefined : new HintNotes(capture, signal);
  const head = { schema: "msl.dump/1", file, header: headerJson(header), dialect, encryption, deviations };
  // Data that is printed to the same terminal shows the progress already.
  const progress = new Progress(safeText(file), output.quiet || process.stdout.isTTY === true);
  let problems = 0;
  const jsonOf = async (block: CaptureBlock) => {
    const json = withOptionsOfCommand(await blockJson(block, { digests, signal }));
    if (json["problem"] !== undefined) problems++;
    progress.reached(Math.min(block.offset + block.length, capture.size), capture.size);
    return notes ? notes.withoutKeys(block, json) : json;
  };
  try {
    if (output.format === "ndjson") {
      await output.json(head, signal);
      for (const block of capture.blocks) {
        if (!(await output.goesOn(signal))) break;
        await output.json({ schema: head.schema, file, ...(await jsonOf(block)) }, signal);
      }
    } else await output.jsonList(head, { name: "blocks", entries: capture.blocks, jsonOf, signal });
  } finally {
    progress.done();
  }
  const missing = [
    ...(problems > 0 ? [`${counted(problems, "blocks")} cannot be decoded as a whole`] : []),
    ...missingBlocks(capture),
  ];
  if (output.open) for (const problem of missing) output.note(`${file}: ${problem}`);
  return missing.length > 0 ? ExitStatus.Incomplete : ExitStatus.Done;
}

/** Puts the option of `msl` that raises a limit into the message of a problem that the limit causes. */
function withOptionsOfCommand(block: JsonObject): JsonObject {
  const { problem } = block;
  if (!isObject(problem)) return block;
  return { ...block, problem: { ...problem, message: withLimitOptions(String(problem["message"])) } };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
