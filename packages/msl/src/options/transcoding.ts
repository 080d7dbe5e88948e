/** The options of `transcode` and `repairCapture`. */

import { type CodeOf, HASH_ALGO } from "../format/codes.js";
import { U64_MOST } from "../format/layout/fields.js";
import { ADDRESS_SPACE_END } from "../format/payloads/memory-region.js";
import { HashAlgo, isImplementedHash } from "../hash/hash-algorithm.js";
import type { MemoryRange } from "../memory/address-space.js";
import type { BlockSelection, TranscodeCompression, TranscodeOptions } from "../transcode/options.js";
import {
  bigint,
  type Check,
  callback,
  countOf,
  flag,
  integer,
  listOf,
  objectOf,
  oneOf,
  required,
  tableOf,
  text,
  without,
} from "./checks.js";
import { ENCRYPTION } from "./keys.js";
import { OPENING, THREADS } from "./reading.js";
import { CODECS, COMPRESSIONS, CONTENTS, REDACTION, WRITING } from "./writing.js";

const U8_MOST = 0xff;

const COMPRESSION_OR_KEEP: Check<TranscodeCompression> = oneOf(["keep", ...COMPRESSIONS]);
/** The implemented algorithms: numbers, then names. */
const HASHES: readonly CodeOf<typeof HASH_ALGO>[] = [
  ...Object.values(HashAlgo),
  ...Object.entries(HASH_ALGO.names).flatMap(([code, name]) => (isImplementedHash(Number(code)) ? [name] : [])),
];
const ADDRESS = required(bigint(0n, ADDRESS_SPACE_END));
const RANGE: Check<MemoryRange> = objectOf<MemoryRange>({ start: ADDRESS, end: ADDRESS, salvaged: oneOf([true]) });
const SELECTION: Check<BlockSelection> = objectOf<BlockSelection>({
  ranges: listOf(RANGE),
  regionTypes: listOf(integer(0, U8_MOST)),
  kinds: CONTENTS,
  withoutKinds: CONTENTS,
});

/** The checks that `transcode` shares with `openCapture`, without the five options that `TranscodeOptions` omits. */
const OPENING_SOURCE = without(OPENING, "codecs", "strict", "onProgress", "pin", "threads");

/** The checks that `transcode` and `repairCapture` share. */
const REWRITING = {
  ...without(OPENING_SOURCE, "salvage"),
  compressionLimit: WRITING.compressionLimit,
  verifyCompression: WRITING.verifyCompression,
  splitAbove: WRITING.splitAbove,
  nativeHash: WRITING.nativeHash,
  uuid: WRITING.uuid,
  threads: THREADS,
  compression: COMPRESSION_OR_KEEP,
  encryption: ENCRYPTION,
  outputLimit: countOf("bytes"),
  codecs: CODECS,
  onProgress: callback<NonNullable<TranscodeOptions["onProgress"]>>(),
};

export const TRANSCODE = tableOf<TranscodeOptions>("transcode")({
  ...REWRITING,
  salvage: OPENING_SOURCE.salvage,
  hashAlgo: oneOf(HASHES),
  redact: REDACTION,
  select: SELECTION,
  keepNonConforming: flag,
  conformingOnly: flag,
  for: oneOf(["memslicer", "memdiver", "libmsl"] as const),
  verify: flag,
});

/** The options of `repairCapture`: those of `transcode`, without the options that leave something out or alter it. */
export interface RepairOptions
  extends Omit<
    TranscodeOptions,
    "salvage" | "select" | "redact" | "hashAlgo" | "keepNonConforming" | "conformingOnly" | "for" | "verify"
  > {
  /** Name and version of the program that repairs, for Import Provenance of the output. Default "memslice". */
  readonly toolName?: string;
  /** The time of the repair, for Import Provenance: nanoseconds since 1970-01-01 UTC. Default: now. */
  readonly importTimeNs?: bigint;
}

export const REPAIR = tableOf<RepairOptions>("repairCapture")({
  ...REWRITING,
  toolName: text,
  importTimeNs: bigint(0n, U64_MOST),
});
