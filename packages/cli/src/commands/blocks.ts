import { blockInfoJson, type Capture, type CaptureBlock } from "@memslice/msl";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import { forEachFile } from "../for-each-file.js";
import { withCapture } from "../with-capture.js";

export const blocks: Command = {
  name: "blocks",
  summary: "list the blocks",
  operands: "FILE...",
  options: {
    json: { type: "boolean", help: "one JSON document (msl.blocks/1)" },
    ndjson: { type: "boolean", help: "one JSON object per block and line" },
    ...OPEN_OPTIONS,
  },
  details: [
    "Reads block headers only. `*` marks blocks behind End-of-Capture, `!` a block that is cut off, `?` one found by --salvage.",
  ],
  run: (invocation) =>
    forEachFile("blocks", invocation, (file) =>
      withCapture(file, invocation, openOptions(invocation), (capture) => listBlocks(file, capture, invocation)),
    ),
};

async function listBlocks(file: string, capture: Capture, { output }: Invocation): Promise<ExitStatus> {
  if (output.format === "json") {
    await output.write(`{"schema":"msl.blocks/1","file":${JSON.stringify(file)},"blocks":[`);
    let separator = "\n";
    for (const block of capture.blocks) {
      await output.write(`${separator}${JSON.stringify(blockInfoJson(block))}`);
      separator = ",\n";
    }
    await output.line("\n]}");
  } else if (output.format === "ndjson") {
    for (const block of capture.blocks) await output.json({ schema: "msl.blocks/1", file, ...blockInfoJson(block) });
  } else {
    await output.line(output.style("bold", HEADING));
    for (const block of capture.blocks) await output.line(blockLine(block));
  }
  return ExitStatus.Done;
}

const HEADING = "  index        offset        length  type                           stored  BlockUUID";

function blockLine(block: CaptureBlock): string {
  const mark = block.truncated ? "!" : block.afterEoc ? "*" : block.salvaged ? "?" : " ";
  const type = `0x${block.type.toString(16).padStart(4, "0")} ${block.typeName}`;
  return [
    `${mark}${String(block.index).padStart(6)}`,
    String(block.offset).padStart(13),
    String(block.length).padStart(13),
    ` ${type.padEnd(29)}`,
    block.compression.padEnd(7),
    block.uuid,
  ].join(" ");
}
