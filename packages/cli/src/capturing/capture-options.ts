/** The options of `msl capture` that say what is captured and how, and their values for `acquire`. */
import type { AcquireOptions } from "@memslice/acquire";
import { type MemoryRange, MslError, redactionOf } from "@memslice/msl";
import { joinedRanges, lengthOf, rangesOf } from "../asking/memory-words.js";
import { hashingOptions, type OptionSpec, type Options, type OptionValue, oneOf } from "../options.js";

const COMPRESSIONS = ["none", "zstd", "zstd-fast", "lz4", "auto"] as const;
const HASHES = { blake3: "BLAKE3", sha256: "SHA-256", "sha512-256": "SHA-512/256" } as const;
const RIGHTS = /^[rwxsp]+$/;
const MOST_RETRIES = 100;

export const CAPTURE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  freeze: { type: "boolean", help: "stop the process while its memory is read" },
  retries: { type: "string", value: "N", help: "capture mappings that changed again, up to N times (default 2)" },
  ranges: { type: "string", value: "A-B,..", help: "only addresses from A to B - 1, or A+LENGTH" },
  paths: { type: "string", value: "TEXT,..", help: "only mappings whose path has one of these texts: libssl, [heap]" },
  protection: { type: "string", value: "RIGHTS", help: "only mappings with all of these: r, w, x, s (shared), p (private)" },
  "max-region": { type: "string", value: "SIZE", help: "no mappings of more than SIZE" },
  "only-modified": { type: "boolean", help: "of mapped files only the pages that the process has changed" },
  "skip-file-backed": { type: "boolean", help: "no mappings of files" },
  "file-pages": { type: "boolean", help: "pages of mapped files that are not in memory too: the process grows" },
  "dont-dump": { type: "boolean", help: "memory too that the process excludes from core dumps (MADV_DONTDUMP)" },
  devices: { type: "boolean", help: "memory of devices too, where a read can have effects" },
  "max-size": { type: "string", value: "SIZE", help: "write at most SIZE bytes" },
  compression: { type: "string", value: "HOW", words: COMPRESSIONS, help: `${COMPRESSIONS.join(", ")} (default none)` },
  hash: { type: "string", value: "ALGO", words: Object.keys(HASHES), help: `${Object.keys(HASHES).join(", ")} (default blake3)` },
  redact: { type: "string", value: "FIELD,..", help: "leave fields empty, such as acqUser,ProcessTable.cmdLine" },
  "no-disk-hashes": { type: "boolean", help: "do not hash the files of modules" },
};

/** Throws `usage` for values that no capture can have. */
export function captureOptions(options: Options): AcquireOptions {
  const { protection, hash, compression, retries, paths, ranges, redact } = options;
  const flags = {
    freeze: options["freeze"] === true,
    onlyModified: options["only-modified"] === true,
    skipFileBacked: options["skip-file-backed"] === true,
    filePages: options["file-pages"] === true,
    dontDump: options["dont-dump"] === true,
    devices: options["devices"] === true,
    diskHashes: options["no-disk-hashes"] !== true,
  };
  if (protection !== undefined && !RIGHTS.test(String(protection))) {
    throw new MslError("usage", `--protection takes letters of r, w, x, s and p, not ${JSON.stringify(protection)}`);
  }
  const packing = oneOf(COMPRESSIONS, compression, "--compression");
  const hashing = oneOf(Object.keys(HASHES) as (keyof typeof HASHES)[], hash, "--hash");
  return {
    ...flags,
    ...hashingOptions(options),
    ...(protection !== undefined && { protection: String(protection) }),
    ...(paths !== undefined && { paths: listOf(paths) }),
    ...(ranges !== undefined && { ranges: rangesOfWords(listOf(ranges)) }),
    ...(options["max-region"] !== undefined && { maxRegion: sizeOf("max-region", options["max-region"]) }),
    ...(redact !== undefined && { redact: redactionOf(listOf(redact)) }),
    ...(retries !== undefined && { retries: retriesOf(retries) }),
    ...(packing && { compression: packing }),
    ...(hashing && { hashAlgo: HASHES[hashing] }),
  };
}

function listOf(value: OptionValue): string[] {
  return String(value)
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function rangesOfWords(words: readonly string[]): MemoryRange[] {
  return joinedRanges(words.flatMap((word) => rangesOf(word, { modules: [], regions: [] })));
}

function sizeOf(option: string, value: OptionValue): bigint {
  const size = lengthOf(String(value));
  if (size !== undefined) return size;
  throw new MslError("usage", `--${option} takes a size such as 4096 or 512MiB, not ${JSON.stringify(value)}`);
}

function retriesOf(value: OptionValue): number {
  const retries = Number(value);
  if (/^[0-9]{1,3}$/.test(String(value)) && retries <= MOST_RETRIES) return retries;
  throw new MslError("usage", `--retries takes a number from 0 to ${MOST_RETRIES}, not ${JSON.stringify(value)}`);
}
