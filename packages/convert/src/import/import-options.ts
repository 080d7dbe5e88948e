/** The options of `importCapture`, their checks and defaults. */
import {
  ARCH_TYPE,
  type CaptureHeader,
  type CodeOf,
  type CodeTable,
  HASH_ALGO,
  type HttpOptions,
  OS_TYPE,
  type VerifyProgress,
  type WriterOptions,
} from "@memslice/msl";
import {
  bigint,
  type Check,
  callback,
  countOf,
  ENCRYPTION,
  either,
  flag,
  HTTP,
  integer,
  type OptionTable,
  oneOf,
  SEAL_RANDOMNESS,
  signal,
  tableOf,
  text,
  U64_MOST,
  WRITING,
} from "@memslice/msl/work";
import type { FormatName } from "../detect-format.js";

/** How far an import is: it reads the whole dump for its digest, and then the memory that it copies. */
export interface ImportProgress extends VerifyProgress {
  readonly phase: "digest" | "copy";
}

/** Options of `importCapture`: those of the capture to be written, and those of a dump that does not say all. */
export interface ImportOptions
  extends HttpOptions,
    Pick<
      WriterOptions,
      | "compression"
      | "compressionLimit"
      | "verifyCompression"
      | "threads"
      | "codecs"
      | "splitAbove"
      | "nativeHash"
      | "uuid"
      | "encryption"
      | "sealRandomness"
    > {
  /** The format of the dump. Default: as its first bytes say. Raw memory has no header: it needs `raw`, `base` or `maps`. */
  readonly format?: ImportableFormat;
  /** Raw images: address of the first byte, 0 to 2^64 - 1. Default 0. */
  readonly base?: bigint;
  /** Raw images: the text of /proc/PID/maps, whose mappings lie in the image back to back. */
  readonly maps?: string;
  /** Architecture, where the dump does not say: a name of `ARCH_TYPE`, or a code. Default: unknown. */
  readonly arch?: CodeOf<typeof ARCH_TYPE>;
  /** Operating system, where the dump does not say: a name of `OS_TYPE`, or a code. Default: as the format suggests, or unknown. */
  readonly os?: CodeOf<typeof OS_TYPE>;
  /** Process id, where the dump does not say: 0 to 2^32 - 1. Default: unknown. */
  readonly pid?: number;
  /** Page size in bytes, where the dump does not say: a power of two from 1024 to 1048576. Default 4096. */
  readonly pageSize?: number;
  /** Name and version of the program that imports, for Import Provenance. Default "memslice". */
  readonly toolName?: string;
  /** Time of the import, for Import Provenance: nanoseconds since 1970-01-01 UTC. Default: now. */
  readonly importTimeNs?: bigint;
  /** Hash algorithm of the capture. Default BLAKE3. */
  readonly hashAlgo?: CaptureHeader["hashAlgo"];
  /** DumpUUID of the capture, a UUID of version 4 as text. Default: a new one. */
  readonly dumpUuid?: string;
  /**
   * Whether the dump is read once more, before anything is written, for its SHA-256 digest; bytes that differ when they are copied are an error then, `changed`.
   * Default true.
   */
  readonly digest?: boolean;
  /** The most regions, and the most ranges of bytes in them. Default 4194304. */
  readonly regionLimit?: number;
  /** Bytes of the largest table that is held, such as the notes of an ELF core. Default 67108864 (64 MiB). */
  readonly tableLimit?: number;
  /** Bytes of page-state maps. Default 268435456 (256 MiB), which describe 4 TiB in pages of 4096. */
  readonly pageMapLimit?: number;
  /** Bytes of captured pages. Default: 16 times the size of the dump and 1 GiB, which no sound dump passes. */
  readonly outputLimit?: number;
  readonly signal?: AbortSignal;
  /** Called from time to time while the dump is read. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** Formats that the option `format` can name. */
export type ImportableFormat = Extract<FormatName, "elf-core" | "minidump" | "mach-o-core" | "raw">;
const IMPORTABLE: readonly ImportableFormat[] = ["elf-core", "minidump", "mach-o-core", "raw"];

const U16_MOST = 0xffff;
const U32_MOST = 0xffff_ffff;
const PAGE_SIZES = Array.from({ length: 11 }, (_, power) => 1024 << power);

export const IMPORT: OptionTable<ImportOptions> = tableOf<ImportOptions>("importCapture")({
  ...HTTP,
  compression: WRITING.compression,
  compressionLimit: WRITING.compressionLimit,
  verifyCompression: WRITING.verifyCompression,
  threads: WRITING.threads,
  codecs: WRITING.codecs,
  splitAbove: WRITING.splitAbove,
  nativeHash: WRITING.nativeHash,
  uuid: WRITING.uuid,
  encryption: ENCRYPTION,
  sealRandomness: SEAL_RANDOMNESS,
  format: oneOf(IMPORTABLE),
  base: bigint(0n, U64_MOST),
  maps: text,
  arch: codeOf(ARCH_TYPE),
  os: codeOf(OS_TYPE),
  pid: integer(0, U32_MOST),
  pageSize: oneOf(PAGE_SIZES),
  toolName: text,
  importTimeNs: bigint(0n, U64_MOST),
  hashAlgo: codeOf(HASH_ALGO),
  dumpUuid: text,
  digest: flag,
  regionLimit: integer(1, U32_MOST, "regions"),
  tableLimit: countOf("bytes"),
  pageMapLimit: countOf("bytes"),
  outputLimit: countOf("bytes"),
  signal,
  onProgress: callback(),
});

/** A registered name of the table, or any code of 16 bits. */
function codeOf<Name extends string>({ names }: CodeTable<Name>): Check<number | Name> {
  return either(oneOf(Object.values(names) as Name[]), integer(0, U16_MOST, "a code"));
}

/** Bytes of captured pages that a dump of `size` bytes may become: no sound dump repeats its bytes more often. */
export function defaultOutputLimit(size: number): number {
  return 16 * size + 2 ** 30;
}

/** Defaults that do not depend on the dump. */
export const IMPORT_DEFAULTS = {
  base: 0n,
  pageSize: 4096,
  toolName: "memslice",
  digest: true,
  regionLimit: 2 ** 22,
  tableLimit: 64 * 2 ** 20,
  pageMapLimit: 256 * 2 ** 20,
} as const;
