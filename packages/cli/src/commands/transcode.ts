import { rename, rm, stat } from "node:fs/promises";
import {
  fileSink,
  type MemoryRange,
  MslError,
  REGION_TYPE,
  redactionOf,
  type TranscodeCompression,
  type TranscodeOptions,
  type TranscodeReport,
  transcode as transcodeCapture,
} from "@memslice/msl";
import type { Command, Invocation } from "../command.js";
import { transcodeText } from "../documents/transcode-text.js";
import { ExitStatus } from "../exit-status.js";
import type { Options } from "../options.js";
import { forgetKeys, KEY_OPTIONS, keysGiven } from "../secrets/key-options.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";
import { threadsOption } from "../threads-option.js";

const COMPRESSIONS: readonly TranscodeCompression[] = ["keep", "none", "zstd", "zstd-fast", "lz4", "auto"];
const HASHES: Readonly<Record<string, number>> = { blake3: 0, sha256: 1, "sha512-256": 2 };

export const transcode: Command = {
  name: "transcode",
  summary: "rewrite a capture as a conforming one of the specification 1.1",
  operands: "IN OUT",
  options: {
    compression: { type: "string", value: "HOW", help: `${COMPRESSIONS.join(", ")} (default keep)` },
    hash: { type: "string", value: "ALGO", help: `${Object.keys(HASHES).join(", ")} (default: as it is)` },
    redact: { type: "string", value: "FIELD,..", help: "leave fields empty: acqUser, ProcessTable.cmdLine" },
    range: { type: "string", value: "A-B,..", help: "only regions that share an address with A to B - 1" },
    "region-type": { type: "string", value: "NAME,..", help: "only regions of a type: heap, stack, image, 0x05" },
    "keep-non-conforming": { type: "boolean", help: "carry over as bytes what no 1.1 producer writes" },
    threads: { type: "string", value: "N", help: "worker threads: auto (default), or 1 to 64; 1 means none" },
    salvage: { type: "boolean", help: "after damage, search for the next block" },
    force: { type: "boolean", short: "f", help: "replace OUT if it exists" },
    json: { type: "boolean", help: "the report as one JSON document (msl.transcode/1)" },
    ...KEY_OPTIONS,
  },
  details: [
    "Reads every dialect. What is different in OUT, and what it does not hold, is printed as a report: keep it with OUT.",
    "OUT is never encrypted: keep what comes of an encrypted IN as you keep its key.",
    "Threads hash IN and compress what goes into OUT; auto takes one per processor, at most 8. OUT is the same for any number.",
    "Addresses are hexadecimal, with or without 0x.",
    "Exit status: 0 all that was asked for is in OUT, 1 the hashes of IN do not hold, 4 something was captured that OUT does not hold.",
  ],
  run: transcodeFile,
};

async function transcodeFile(invocation: Invocation): Promise<ExitStatus> {
  const { files, output, signal } = invocation;
  const [source, target, ...others] = files;
  if (source === undefined || target === undefined || others.length > 0) {
    throw new MslError("usage", "msl transcode needs two files, IN and OUT; see: msl help transcode");
  }
  await requireOther(source, target);
  const asked = askedFor(invocation.options);
  const progress = new Progress(safeText(source), output.quiet);
  const keys = await keysGiven(invocation.options, source);
  const options = { ...asked, keys, signal, onProgress: progress.update };
  const report = await written(source, target, invocation.options["force"] === true, options).finally(() => {
    progress.done();
    forgetKeys(keys);
  });
  if (output.format === "json") await output.json({ schema: "msl.transcode/1", file: source, ...report });
  else await output.write(transcodeText(source, target, report, output));
  if (report.source.integrity?.outcome === "altered") return ExitStatus.Finding;
  return report.complete ? ExitStatus.Done : ExitStatus.Incomplete;
}

/** A file that is replaced stays as it is until the new one is complete; of one that fails, nothing stays. */
async function written(source: string, target: string, force: boolean, options: TranscodeOptions): Promise<TranscodeReport> {
  const path = force ? `${target}.${process.pid}.partial` : target;
  const sink = await fileSink(path);
  try {
    const report = await transcodeCapture(source, sink, options);
    if (force) await rename(path, target);
    return report;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Throws `usage` where both names mean one file: the source is evidence, and stays. */
async function requireOther(source: string, target: string): Promise<void> {
  const [from, to] = await Promise.all([source, target].map((path) => stat(path, { bigint: true }).catch(() => undefined)));
  if (from && to && from.dev === to.dev && from.ino === to.ino) {
    throw new MslError("usage", "IN and OUT are the same file, and a capture is never changed in place");
  }
}

function askedFor(options: Options): TranscodeOptions {
  const { compression, hash, redact, range } = options;
  const types = options["region-type"];
  return {
    threads: threadsOption(options["threads"]) ?? "auto",
    salvage: options["salvage"] === true,
    keepNonConforming: options["keep-non-conforming"] === true,
    compression: oneOf(COMPRESSIONS, compression, "--compression"),
    hashAlgo: hash === undefined ? undefined : HASHES[oneOf(Object.keys(HASHES), hash, "--hash") ?? ""],
    redact: redact === undefined ? undefined : redactionOf(listOf(redact)),
    select: {
      ranges: range === undefined ? undefined : listOf(range).map(rangeOf),
      regionTypes: types === undefined ? undefined : listOf(types).map(regionTypeOf),
    },
  };
}

function listOf(value: string | boolean): readonly string[] {
  return String(value)
    .split(",")
    .map((part) => part.trim());
}

function oneOf<T extends string>(known: readonly T[], value: string | boolean | undefined, option: string): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (found === undefined) throw new MslError("usage", `${option} takes ${known.join(", ")}`);
  return found;
}

function rangeOf(text: string): MemoryRange {
  const [, start, end] = /^(?:0x)?([0-9a-f]{1,16})-(?:0x)?([0-9a-f]{1,17})$/i.exec(text) ?? [];
  if (start === undefined || end === undefined) {
    throw new MslError("usage", `--range takes A-B, two addresses in hexadecimal, and not ${JSON.stringify(text)}`);
  }
  return { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`) };
}

function regionTypeOf(text: string): number {
  const named = Object.entries(REGION_TYPE.names).find(([, name]) => name === text.replaceAll("-", " "));
  const code = named ? Number(named[0]) : /^0x[0-9a-f]{1,2}$/i.test(text) ? Number(text) : undefined;
  if (code === undefined) {
    throw new MslError("usage", `--region-type takes ${Object.values(REGION_TYPE.names).join(", ")}, or a code such as 0x05`);
  }
  return code;
}
