import { blockInfoJson, type Capture, type CaptureBlock } from "@memslice/msl";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import { forEachCapture } from "../for-each-file.js";
import { LIMIT_DETAILS } from "../limit-option.js";
import { safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

export const blocks: Command = {
  name: "blocks",
  summary: "list the blocks",
  operands: "FILE...",
  options: {
    json: { type: "boolean", help: "one JSON document (msl.blocks/1)" },
    ndjson: { type: "boolean", help: "one JSON object per block and line, or an empty list" },
    ...OPEN_OPTIONS,
  },
  details: [
    "Reads block headers only, and payloads of type 0x0055, a code with two meanings. `*` marks a block behind End-of-Capture, `!` a block that is cut off, `?` a block found by --salvage.",
    ...LIMIT_DETAILS,
  ],
  examples: [
    ["msl blocks evidence.msl", "lists the blocks: offset, type, length, compression."],
    ["msl blocks damaged.msl --salvage", "also lists blocks behind damage."],
  ],
  run: (invocation) =>
    forEachCapture("blocks", invocation, (file, input) =>
      withCapture(file, input, invocation, openOptions(invocation), (capture) => listBlocks(file, capture, invocation)),
    ),
};

async function listBlocks(file: string, capture: Capture, { files, output, signal }: Invocation): Promise<ExitStatus> {
  const row = async (block: CaptureBlock) => ({ ...blockInfoJson(block), typeName: await block.contentName(signal) });
  if (output.format === "json") {
    await output.jsonList({ schema: "msl.blocks/1", file }, { name: "blocks", entries: capture.blocks, jsonOf: row, signal });
  } else if (output.format === "ndjson" && capture.blocks.length === 0) {
    await output.json({ schema: "msl.blocks/1", file, blocks: [] }, signal);
  } else {
    if (output.format === "text" && files.length > 1) await output.line(`${safeText(file)}:`);
    if (output.format === "text") await output.line(output.style("bold", HEADING));
    for (const block of capture.blocks) {
      if (!(await output.goesOn(signal))) break;
      if (output.format === "text") await output.line(blockLine(block, await block.contentName(signal)));
      else await output.json({ schema: "msl.blocks/1", file, ...(await row(block)) }, signal);
    }
  }
  return ExitStatus.Done;
}

const HEADING = "  index        offset        length  type                           stored  BlockUUID";

function blockLine(block: CaptureBlock, name: string): string {
  const mark = block.truncated ? "!" : block.afterEoc ? "*" : block.salvaged ? "?" : " ";
  const type = `0x${block.type.toString(16).padStart(4, "0")} ${name}`;
  return [
    `${mark}${String(block.index).padStart(6)}`,
    String(block.offset).padStart(13),
    String(block.length).padStart(13),
    ` ${type.padEnd(29)}`,
    block.compression.padEnd(7),
    block.uuid,
  ].join(" ");
}
