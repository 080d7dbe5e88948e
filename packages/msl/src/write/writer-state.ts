/** The state that a writer starts from: that of a new capture with its header here, that of a resumed capture in replay.ts. */
import { MslError } from "../errors.js";
import { type CLOCK_SOURCE, type CodeOf, HASH_ALGO, HeaderFlag } from "../format/codes.js";
import {
  decodeFileHeader,
  ENCRYPTED_HEADER_SIZE,
  FILE_HEADER,
  FILE_MAGIC,
  type FileHeader,
  PLAIN_HEADER_SIZE,
} from "../format/file-header.js";
import { encodeLayout } from "../format/layout/encode.js";
import { EncodePath } from "../format/layout/encode-buffer.js";
import { type HashAlgoCode, isImplementedHash } from "../hash/hash-algorithm.js";
import { AnnouncedModules } from "./announced-modules.js";
import { HashLinks } from "./hash-links.js";
import { type CaptureHeader, newUuid, now, type WriterOptions } from "./options.js";
import { Plan, WrittenThreads } from "./plan.js";
import { WrittenReferences } from "./references.js";
import { type SealOrder, sealOrderOf } from "./sealed-sink.js";
import { redactsAnything, requireUuidV4 } from "./table-payload.js";

/** The result of resuming a capture. */
export interface Resumption {
  /** Number of complete blocks that were found. */
  readonly blocks: number;
  /** Number of bytes behind the last complete block, which were cut off. */
  readonly discarded: number;
}

export interface WriterState {
  readonly header: FileHeader;
  /** The file header, which is written with the first block; undefined if the file has it already. */
  readonly headerBytes: Uint8Array | undefined;
  /** Bytes that the file has already. */
  readonly offset: number;
  readonly links: HashLinks;
  /** How the blocks are to be encrypted; undefined for a plain capture. */
  readonly seal: SealOrder | undefined;
  readonly plan: Plan;
  readonly references: WrittenReferences;
  readonly modules: AnnouncedModules;
  readonly threads: WrittenThreads;
  /** The result of resuming the capture; undefined for a new one. */
  readonly resumption: Resumption | undefined;
  /** The UUID of the last block of each type: the Module List Index and the System Context are parents of other types. */
  readonly parents: Map<number, string>;
}

/** ClockSource of the clock behind `Date`. */
const CLOCK_REALTIME = 1;

/** Whether the timestamp of the header comes from the system's clock, rather than from the caller. */
function isSystemsClock({ header, timestamp }: WriterOptions): boolean {
  return header.timestampNs === undefined && timestamp === undefined && !header.imported;
}

/**
 * Throws `plan`, `bad-value`, `unsupported-hash`, `bad-key` or `usage` for options that contradict each other or the format. `expectedBytes`: the bytes that
 * the capture is known to get.
 */
export function newCapture(options: WriterOptions, expectedBytes = 0): WriterState {
  const {
    header: given,
    contents,
    blockCount = 0,
    nonConforming = false,
    redact = {},
    encryption,
    sealRandomness = {},
    uuid = newUuid,
    timestamp = now,
  } = options;
  const { imported = false, investigation = false } = given;
  const plan = new Plan({ imported, investigation, contents, blockCount, nonConforming });
  const seal = encryption === undefined ? undefined : sealOrderOf(encryption, sealRandomness);
  const bytes = headerBytes(given, {
    dumpUuid: given.dumpUuid ?? uuid(),
    timestampNs: given.timestampNs ?? (imported ? 0n : timestamp()),
    clockSource: given.clockSource ?? (isSystemsClock(options) ? CLOCK_REALTIME : 0),
    capBitmap: plan.capBitmap,
    // Anyone can read the header of an encrypted capture.
    blockCount: seal ? 0 : plan.blockCount,
    redacted: redactsAnything(redact) || (given.redacted ?? false),
    encrypted: seal !== undefined,
  });
  const header = decodeFileHeader(bytes, () => {});
  const hashAlgo = header.hashAlgo as HashAlgoCode;
  if (options.fileHasher && options.fileHasher.algorithm !== hashAlgo) {
    throw new MslError("usage", `fileHasher computes the algorithm ${options.fileHasher.algorithm}, and hashAlgo is ${hashAlgo}`);
  }
  return {
    header,
    headerBytes: bytes,
    offset: 0,
    links: new HashLinks(hashAlgo, seal ? null : bytes, options, expectedBytes),
    seal,
    plan,
    references: new WrittenReferences(),
    modules: new AnnouncedModules(),
    threads: new WrittenThreads(),
    resumption: undefined,
    parents: new Map(),
  };
}

/** The fields of the header that do not come from the caller as they are. */
interface HeaderFacts {
  readonly dumpUuid: string;
  readonly timestampNs: bigint;
  readonly clockSource: CodeOf<typeof CLOCK_SOURCE>;
  readonly capBitmap: bigint;
  readonly blockCount: number;
  readonly redacted: boolean;
  readonly encrypted: boolean;
}

/** Version 1.1 as a little-endian u16. */
const VERSION_BYTES = Uint8Array.of(1, 1);
const LITTLE_ENDIAN = 1;

/**
 * The file header, 64 bytes; in an encrypted capture 128 bytes, whose extension is still zero. Throws `bad-value` naming the field, and
 * `unsupported-hash`.
 */
function headerBytes(header: CaptureHeader, { redacted, encrypted, ...facts }: HeaderFacts): Uint8Array {
  const { osType, archType, pid, hashAlgo: givenHash = 0, imported, investigation } = header;
  const path = new EncodePath(FILE_HEADER.name);
  const hashAlgo = typeof givenHash === "string" ? path.field("hashAlgo").codeNumber(HASH_ALGO, givenHash) : givenHash;
  if (!isImplementedHash(hashAlgo)) {
    const message = `FileHeader.hashAlgo is ${hashAlgo}, expected 0 (BLAKE3), 1 (SHA-256) or 2 (SHA-512/256)`;
    throw new MslError("unsupported-hash", message);
  }
  requireUuidV4(facts.dumpUuid, path.field("dumpUuid"));
  const flags =
    (imported ? HeaderFlag.Imported : 0) |
    (investigation ? HeaderFlag.Investigation : 0) |
    (encrypted ? HeaderFlag.Encrypted : 0) |
    (redacted ? HeaderFlag.Redacted : 0);
  const headerSize = encrypted ? ENCRYPTED_HEADER_SIZE : PLAIN_HEADER_SIZE;
  const base = encodeLayout(FILE_HEADER, {
    magic: FILE_MAGIC,
    endianness: LITTLE_ENDIAN,
    headerSize,
    versionBytes: VERSION_BYTES,
    flags,
    ...facts,
    osType,
    archType,
    pid,
    hashAlgo,
  });
  const all = new Uint8Array(headerSize);
  all.set(base);
  return all;
}
