import { blockInfoJson, type Capture, type CaptureBlock } from "@memslice/msl";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import { forEachCapture } from "../for-each-file.js";
import { missingBlocks } from "../tables/table-command.js";
import { shortened } from "../terminal/display-width.js";
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
    "On a terminal, each BlockUUID is shortened to the columns that are left; -v, a pipe and JSON have all of it.",
    "Exit status: 0 done, 1 not authenticated, 4 the capture has no End-of-Capture, or bytes between its blocks belong to no block.",
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

async function listBlocks(file: string, capture: Capture, invocation: Invocation): Promise<ExitStatus> {
  await printBlocks(file, capture, invocation);
  const { output } = invocation;
  const missing = missingBlocks(capture);
  if (output.open) for (const problem of missing) output.note(`${file}: ${problem}`);
  return missing.length > 0 ? ExitStatus.Incomplete : ExitStatus.Done;
}

async function printBlocks(file: string, capture: Capture, { files, output, signal }: Invocation): Promise<void> {
  const row = async (block: CaptureBlock) => ({ ...blockInfoJson(block), typeName: await block.contentName(signal) });
  if (output.format === "json") {
    await output.jsonList({ schema: "msl.blocks/1", file }, { name: "blocks", entries: capture.blocks, jsonOf: row, signal });
  } else if (output.format === "ndjson" && capture.blocks.length === 0) {
    await output.json({ schema: "msl.blocks/1", file, blocks: [] }, signal);
  } else {
    if (output.format === "text" && files.length > 1) await output.line(`${safeText(file)}:`);
    const lines = new BlockLines(capture, output.lineWidth);
    if (output.format === "text") await output.line(output.style("bold", lines.heading));
    for (const block of capture.blocks) {
      if (!(await output.goesOn(signal))) break;
      if (output.format === "text") await output.line(lines.of(block, await block.contentName(signal)));
      else await output.json({ schema: "msl.blocks/1", file, ...(await row(block)) }, signal);
    }
  }
}

/** Columns of the type and its name, and of the compression. */
const TYPE_WIDTH = 29;
const STORED_WIDTH = 6;
/** The least columns of a BlockUUID on a narrow terminal: its first and last digits. */
const LEAST_UUID_WIDTH = 9;

/** The lines of blocks, with columns that are wide enough for the numbers of the capture. */
class BlockLines {
  readonly #widths: readonly [index: number, offset: number, length: number];
  readonly #width: number | undefined;

  constructor({ size, blocks, end }: Capture, width: number | undefined) {
    const bytes = String(size).length;
    // The length of a block that is cut off may be any number.
    const longest = end.truncatedBlock === null ? 0 : String(blocks.at(end.truncatedBlock).length).length;
    this.#widths = [
      Math.max("index".length, String(blocks.length).length),
      Math.max("offset".length, bytes),
      Math.max("length".length, bytes, longest),
    ];
    this.#width = width;
  }

  get heading(): string {
    return this.#line(" ", ["index", "offset", "length"], "type", "stored", "BlockUUID");
  }

  of({ index, offset, length, type, compression, uuid, truncated, afterEoc, salvaged }: CaptureBlock, name: string): string {
    const mark = truncated ? "!" : afterEoc ? "*" : salvaged ? "?" : " ";
    const kind = `0x${type.toString(16).padStart(4, "0")} ${name}`;
    const others = this.#line(mark, [index, offset, length], kind, compression, "");
    // Words and numbers that are wider than their columns leave less.
    const room = this.#width === undefined ? uuid.length : Math.max(this.#width - others.length, LEAST_UUID_WIDTH);
    return others + shortened(uuid, room);
  }

  #line(mark: string, numbers: readonly (string | number)[], type: string, stored: string, uuid: string): string {
    return lineOf(
      mark,
      numbers.map((one, i) => String(one).padStart(this.#widths[i] ?? 0)),
      type,
      stored,
      uuid,
    );
  }
}

function lineOf(mark: string, numbers: readonly string[], type: string, stored: string, uuid: string): string {
  return `${mark}${[...numbers, type.padEnd(TYPE_WIDTH), stored.padEnd(STORED_WIDTH), uuid].join("  ")}`;
}
