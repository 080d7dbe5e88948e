import { createHash } from "node:crypto";
import type { ContentExtent } from "@memslice/analysis";
import { type MemoryRange, MslError, type Sink } from "@memslice/msl";
import { CONTENT_DETAILS, contentRange } from "../asking/content-range.js";
import { noteMissingRegions } from "../asking/cut-off-note.js";
import { forEachQuestioned, MEMORY_OPTIONS } from "../asking/for-each-questioned.js";
import { noteOverlaps, OVERLAP_DETAIL } from "../asking/overlap-note.js";
import { namesOfContent } from "../asking/region-alone.js";
import { type Command, type Invocation, OPEN_OPTIONS } from "../command.js";
import { addressText } from "../documents/place-text.js";
import { ExitStatus } from "../exit-status.js";
import { fillLimit } from "../limit-option.js";
import { FILL_OPTION, fillOf } from "../options.js";
import { withOutputFile } from "../streams/output-file.js";
import { DASH } from "../streams/standard-input.js";
import { Progress } from "../terminal/progress.js";
import { counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";

export const read: Command = {
  name: "read",
  summary: "copy bytes of memory into a file",
  operands: "FILE ADDRESS [LENGTH]",
  options: {
    out: { type: "string", short: "o", value: "OUT", help: "the file to write; - is standard output" },
    ...FILL_OPTION,
    force: { type: "boolean", short: "f", help: "replace OUT if it exists" },
    json: { type: "boolean", help: "the report as one JSON document (msl.read/1)" },
    ...MEMORY_OPTIONS,
    ...OPEN_OPTIONS,
  },
  details: [
    "Writes the bytes as they are. If some of them were not captured, nothing is written, unless --fill says what stands for them.",
    "The report says how many bytes OUT has, how many of them are filled, and the SHA-256 of OUT.",
    ...CONTENT_DETAILS,
    OVERLAP_DETAIL,
    "Exit status: 0 done, 1 not authenticated, 4 some of the bytes were not captured, and nothing was written.",
    "OUT appears under its name when it is complete, and only users who can read FILE can read it.",
  ],
  examples: [
    ["msl read evidence.msl 7ffc00001000 4KiB -o page.bin", "copies a page into a file."],
    [
      "msl read evidence.msl heap -o - --fill 0 | strings",
      "gives a region to a program, with zeros for bytes that were not captured.",
    ],
  ],
  run: async (invocation) => {
    const { files, options, output, signal } = invocation;
    // With --pid, all operands are addresses.
    const [file, ...words] = options["pid"] === undefined ? files : ["", ...files];
    const target = options["out"];
    if (file === undefined || words.length < 1 || words.length > 2) {
      throw new MslError("usage", "msl read needs a file and an address; see: msl help read");
    }
    if (typeof target !== "string")
      throw new MslError("usage", "msl read needs a file to write: -o OUT, or -o - for standard output");
    const fill = fillOf(options["fill"]);
    const request = { source: file, target, force: options["force"] === true, output };
    return forEachQuestioned("read", { ...invocation, files: file === "" ? [] : [file] }, async (shown, capture) => {
      const range = await contentRange(words, namesOfContent(capture), undefined, signal);
      await noteOverlaps(shown, capture, range, invocation);
      await noteMissingRegions(shown, capture, range, invocation);
      const { copyContent } = await import("@memslice/analysis");
      const progress = new Progress(safeText(shown), output.quiet);
      const onProgress = (done: bigint, total: bigint) => progress.reached(Number(done), Number(total));
      const report = await withOutputFile(request, async (sink) => {
        const hash = createHash("sha256");
        const options = { fill, fillLimit: fillLimit(invocation.options), signal, onProgress };
        const extent = await copyContent(capture.memory, range.start, range.end, hashed(sink, hash), options);
        return { range, extent, sha256: hash.digest("hex") };
      })
        .catch(namingFill)
        .finally(() => progress.done());
      await print(shown, target, report, invocation);
      return ExitStatus.Done;
    });
  },
};

/** Throws the error; that of a hole names the option in place of the option of the library. */
function namingFill(error: unknown): never {
  if (!(error instanceof MslError) || error.code !== "hole") throw error;
  throw new MslError("hole", error.message.replace("the option fill", "--fill BYTE"), { cause: error });
}

/** The sink, with all bytes going through a hash. */
function hashed(sink: Sink, hash: { update(bytes: Uint8Array): unknown }): Pick<Sink, "write"> {
  return {
    write: (bytes) => {
      hash.update(bytes);
      return sink.write(bytes);
    },
  };
}

interface Report {
  readonly range: MemoryRange;
  readonly extent: ContentExtent;
  readonly sha256: string;
}

/** Prints the report: on standard error if standard output takes the bytes. */
async function print(
  file: string,
  target: string,
  { range, extent, sha256 }: Report,
  { output, signal }: Invocation,
): Promise<void> {
  const { captured, ...holes } = extent;
  const channel = target === DASH ? output.diagnostics : output;
  if (output.format === "json") {
    const filled = Object.fromEntries(Object.entries(holes).map(([state, bytes]) => [state, String(bytes)]));
    const length = String(range.end - range.start);
    const document = {
      schema: "msl.read/1",
      file,
      out: target,
      address: addressText(range.start),
      length,
      captured: String(captured),
      filled,
      sha256,
    };
    return channel.json(document, signal);
  }
  if (output.quiet && target === DASH) return;
  const filled = Object.entries(holes).filter(([, bytes]) => bytes > 0n);
  await channel.write(
    [
      `${addressText(range.start)}  ${counted(range.end - range.start, "bytes")}  ${target === DASH ? "standard output" : safeText(target)}`,
      ...(filled.length > 0 ? [`filled    ${filled.map(([state, bytes]) => `${bytes} ${state}`).join(", ")}`] : []),
      `SHA-256   ${sha256}\n`,
    ].join("\n"),
  );
}
