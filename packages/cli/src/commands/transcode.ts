import {
  type BlockKind,
  type MemoryRange,
  MslError,
  type PeerName,
  REGION_TYPE,
  redactionOf,
  shownAddress,
  type TranscodeCompression,
  type TranscodeOptions,
  type TranscodeReport,
  transcode as transcodeCapture,
} from "@memslice/msl";
import type { Command, Invocation } from "../command.js";
import { transcodeText } from "../documents/transcode-text.js";
import type { ExitStatus } from "../exit-status.js";
import { LIMIT_OPTION, transcodeLimits } from "../limit-option.js";
import { HASHING_OPTIONS, hashingOptions, type Options, type OptionValue, oneOf } from "../options.js";
import { KEY_OPTIONS } from "../secrets/key-options.js";
import { ENCRYPT_OPTIONS } from "../secrets/output-secret.js";
import { rewrittenFile, rewrittenStatus } from "../streams/rewritten-file.js";
import { DASH } from "../streams/standard-input.js";

const COMPRESSIONS: readonly TranscodeCompression[] = ["keep", "none", "zstd", "zstd-fast", "lz4", "auto"];
const PEERS: readonly PeerName[] = ["memslicer", "memdiver", "libmsl"];
/** Without blanks, as words of a command line are. */
const REGION_TYPES = Object.values(REGION_TYPE.names).map((name) => name.replaceAll(" ", "-"));
const HASHES: Readonly<Record<string, number>> = { blake3: 0, sha256: 1, "sha512-256": 2 };

export const transcode: Command = {
  name: "transcode",
  summary: "rewrite a capture so that it conforms to the specification 1.1",
  operands: "IN OUT",
  options: {
    compression: { type: "string", value: "HOW", words: COMPRESSIONS, help: `${COMPRESSIONS.join(", ")} (default keep)` },
    hash: {
      type: "string",
      value: "ALGO",
      words: Object.keys(HASHES),
      help: `${Object.keys(HASHES).join(", ")} (default: that of IN)`,
    },
    redact: { type: "string", value: "FIELD,..", help: "leave fields empty, such as acqUser,ProcessTable.cmdLine" },
    range: { type: "string", value: "A-B,..", help: "only regions that share an address with A to B - 1" },
    "region-type": {
      type: "string",
      value: "NAME,..",
      words: REGION_TYPES,
      isList: true,
      help: "only regions of these types: heap, stack, image, 0x05",
    },
    for: { type: "string", value: "PROGRAM", words: PEERS, help: `only blocks that this program can read: ${PEERS.join(", ")}` },
    only: {
      type: "string",
      value: "KIND,..",
      help: "only blocks of these kinds, and blocks that they need: MemoryRegion, ModuleEntry",
    },
    without: {
      type: "string",
      value: "KIND,..",
      help: "no blocks of these kinds; 0x0056 for a type without a specified payload",
    },
    "keep-non-conforming": { type: "boolean", help: "carry over as bytes the blocks that a 1.1 producer must not write" },
    "conforming-only": { type: "boolean", help: "leave out thread contexts, which only a proposal defines" },
    ...HASHING_OPTIONS,
    salvage: { type: "boolean", help: "after damage, search for the next block" },
    force: { type: "boolean", short: "f", help: "replace OUT if it exists" },
    json: { type: "boolean", help: "the report as one JSON document (msl.transcode/1)" },
    ...ENCRYPT_OPTIONS,
    ...KEY_OPTIONS,
    ...LIMIT_OPTION,
  },
  details: [
    "Reads every dialect. The report names every difference between IN and OUT, and everything that OUT lacks: keep it with OUT.",
    "OUT is not encrypted unless an option asks for it, even if IN is encrypted: protect a plain OUT of an encrypted IN like its key.",
    "Options for secrets without `encrypt` or `out` in their names are secrets of IN.",
    "Threads hash IN and compress blocks of OUT; auto takes one per processor, at most 8. OUT is the same for any number.",
    "Addresses are hexadecimal, with or without 0x.",
    "Exit status: 0 OUT has everything that was asked for, 1 the hashes of IN do not match, or it is not authenticated, 4 OUT lacks something that was captured.",
    "IN may be `-`, a pipe or a socket: the stream is copied to a temporary file first. OUT may be `-`: the report then goes to standard",
    "error. If OUT is a file, it appears under its name when it is complete, and only users who can read IN can read it.",
  ],
  examples: [
    ["msl transcode old.msl new.msl > report.txt", "rewrites a capture as a conforming one, and keeps the report."],
    ["msl transcode in.msl out.msl --compression zstd", "compresses the payloads."],
    ["msl transcode in.msl out.msl --redact acqUser,ProcessTable.cmdLine", "leaves fields empty."],
  ],
  run: transcodeFile,
};

async function transcodeFile(invocation: Invocation): Promise<ExitStatus> {
  const { files } = invocation;
  const [source, target, ...others] = files;
  if (source === undefined || target === undefined || others.length > 0) {
    throw new MslError("usage", "msl transcode needs two files, IN and OUT; see: msl help transcode");
  }
  const options = transcodeOptionsOf(invocation.options);
  const report = await rewrittenFile(source, target, invocation, (input, sink, given) =>
    transcodeCapture(input, sink, { ...options, ...given }),
  );
  await printReport(shownAddress(source), target, report, invocation);
  return rewrittenStatus(report);
}

/** Prints the report: on standard error if standard output takes the capture. */
async function printReport(
  source: string,
  target: string,
  report: TranscodeReport,
  { output, signal }: Invocation,
): Promise<void> {
  const channel = target === DASH ? output.diagnostics : output;
  if (output.format === "json") await channel.json({ schema: "msl.transcode/1", file: source, ...report }, signal);
  else await channel.write(transcodeText(source, target, report, channel));
}

function transcodeOptionsOf(options: Options): TranscodeOptions {
  const { compression, hash, redact, range } = options;
  const { only, without } = options;
  const types = options["region-type"];
  return {
    ...transcodeLimits(options),
    ...hashingOptions(options),
    salvage: options["salvage"] === true,
    keepNonConforming: options["keep-non-conforming"] === true,
    conformingOnly: options["conforming-only"] === true,
    compression: oneOf(COMPRESSIONS, compression, "--compression"),
    for: oneOf(PEERS, options["for"], "--for"),
    hashAlgo: hash === undefined ? undefined : HASHES[oneOf(Object.keys(HASHES), hash, "--hash") ?? ""],
    redact: redact === undefined ? undefined : redactionOf(listOf(redact)),
    select: {
      ranges: range === undefined ? undefined : listOf(range).map(rangeOf),
      regionTypes: types === undefined ? undefined : listOf(types).map(regionTypeOf),
      kinds: only === undefined ? undefined : listOf(only).map(kindOf),
      withoutKinds: without === undefined ? undefined : listOf(without).map(kindOf),
    },
  };
}

function listOf(value: OptionValue): readonly string[] {
  return String(value)
    .split(",")
    .map((part) => part.trim());
}

function rangeOf(text: string): MemoryRange {
  const [, start, end] = /^(?:0x)?([0-9a-f]{1,16})-(?:0x)?([0-9a-f]{1,17})$/i.exec(text) ?? [];
  if (start === undefined || end === undefined) {
    throw new MslError("usage", `--range takes A-B, two addresses in hexadecimal, not ${JSON.stringify(text)}`);
  }
  return { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`) };
}

/** The type of a block by its code, or the name of a kind; the library refuses names that do not exist. */
function kindOf(text: string): BlockKind | number {
  return /^0x[0-9a-f]{1,4}$/i.test(text) ? Number(text) : (text as BlockKind);
}

function regionTypeOf(text: string): number {
  const named = Object.entries(REGION_TYPE.names).find(([, name]) => name === text.replaceAll("-", " "));
  const code = named ? Number(named[0]) : /^0x[0-9a-f]{1,2}$/i.test(text) ? Number(text) : undefined;
  if (code === undefined) {
    throw new MslError("usage", `--region-type takes ${REGION_TYPES.join(", ")}, or a code such as 0x05`);
  }
  return code;
}
