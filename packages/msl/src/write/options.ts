/** The options of everything that writes captures, and the defaults that are computed. Their checks stand in options/writing.ts. */
import type { Codecs } from "../codec/codecs.js";
import type { EncryptionOptions, SealRandomness } from "../encryption/sealing-keys.js";
import type { ARCH_TYPE, CLOCK_SOURCE, CodeOf, HASH_ALGO, OS_TYPE } from "../format/codes.js";
import { uuidText } from "../format/layout/uuid-text.js";
import type { FileHasher } from "../hash/hash-algorithm.js";
import type { Source } from "../source/source.js";
import type { WritablePayload } from "./block-kinds.js";
import type { CompressionChoice, Encoders } from "./compress-payload.js";
import type { Content } from "./plan.js";
import type { FlushPolicy, Sink } from "./sink.js";
import type { Redaction } from "./table-payload.js";

/** Options of a new and of a resumed capture alike: nothing in the file header depends on them, except the Redacted flag. */
export interface WritingOptions {
  /**
   * How Memory Regions, and system tables of 4096 bytes and more, are stored. A block's own `compression` takes precedence. Other blocks,
   * and payloads above `compressionLimit`, are stored plain. Default `none`. Specification: compression framing.
   */
  readonly compression?: CompressionChoice;
  /**
   * Bytes of the largest payload that is compressed. Such a payload is held in memory, compressed, decoded and compared.
   * Default 268435456 (256 MiB).
   */
  readonly compressionLimit?: number;
  /**
   * Worker threads that compress in parallel or, without `compression`, hash large plain blocks: 1 to 64, or "auto" for one per processor, at most
   * 8. Every number of threads writes the same bytes. Default 1, which starts no worker; the caller's thread also does all work where the
   * runtime has no workers, and compresses with `codecs`. docs/writing.md says how much page data is read ahead and held.
   */
  readonly threads?: number | "auto";
  /** Whether compressed payloads are decoded and compared with the original before they are written. Default true. */
  readonly verifyCompression?: boolean;
  /** Encoders and decoders to use in place of the built-in ones. The decoders verify what the encoders made. */
  readonly codecs?: Partial<Encoders & Codecs>;
  /** Payload bytes above which a Memory Region is split into fragments: 1 to 4294967215 (2^32 - 81, the most that a block holds). Default: the most. */
  readonly splitAbove?: number;
  /**
   * Allows content of other captures that a 1.1 producer must not write: types without a specified payload and payloads as bytes (both by
   * `writeRaw`), Module Entries that contradict the Module List Index, and gaps between the fragments of a region. Default false.
   */
  readonly nonConforming?: boolean;
  /**
   * When complete blocks are handed to the sink. `gathered` (default): up to 256 KiB of them at a time, and the rest by `end` and `close`; a killed
   * process loses up to 256 KiB of complete blocks, and the block that is being written. `block`: each block before its call resolves; a killed
   * process loses the block that is being written. A sink with the policy `block`, such as a file sink with `sync: "block"`, takes precedence.
   */
  readonly flush?: FlushPolicy;
  /** Fields that are left empty, by kind of block. Sets the header's Redacted flag. */
  readonly redact?: Redaction;
  /**
   * Whether @napi-rs/blake-hash computes BLAKE3 where that package is installed (Node, Bun and Deno), from the block on with which the capture
   * reaches 4 MiB. The capture is the same, byte for byte. Default true.
   */
  readonly nativeHash?: boolean;
  /** Returns a new UUID of version 4, as text, for each block without one of its own. Default: random UUIDs. */
  readonly uuid?: () => string;
  /** Returns the time in nanoseconds since 1970 UTC. Default: the system's clock, which counts milliseconds. */
  readonly timestamp?: () => bigint;
}

/**
 * The fields of the file header that describe the process and its acquisition (specification: file header). The header of a capture that was read
 * can be passed as it is: its CapBitmap, flags, BlockCount and sizes are ignored, because they follow from what is written.
 */
export interface CaptureHeader {
  /** Operating system: a registered name of `OS_TYPE`, such as "Linux", or a code, 0 to 65535; 0xFFFF is unknown. */
  readonly osType: CodeOf<typeof OS_TYPE>;
  /** Architecture: a registered name of `ARCH_TYPE`, such as "x86_64", or a code, 0 to 65535; 0xFFFF is unknown. */
  readonly archType: CodeOf<typeof ARCH_TYPE>;
  /** Process id, 0 to 2^32 - 1; 0 unknown. */
  readonly pid: number;
  /** Start of the acquisition in nanoseconds since 1970 UTC. Default: now; in an import 0, unknown. */
  readonly timestampNs?: bigint | undefined;
  /**
   * Clock that the timestamps come from: a registered name of `CLOCK_SOURCE`, or a code, 0 to 255. Default: 1, CLOCK_REALTIME, if the writer reads
   * the system's clock; otherwise 0, unknown.
   */
  readonly clockSource?: CodeOf<typeof CLOCK_SOURCE> | undefined;
  /**
   * Hash algorithm of the chain, by number or name: 0 BLAKE3 (default), 1 SHA-256, 2 SHA-512/256. Digests inside blocks, such as DiskHash, must be of the same
   * algorithm.
   */
  readonly hashAlgo?: CodeOf<typeof HASH_ALGO> | undefined;
  /** DumpUUID, a UUID of version 4 as text. Default: a new one. */
  readonly dumpUuid?: string | undefined;
  /** The capture is made from a dump of another format: Import Provenance is its first block. Default false. */
  readonly imported?: boolean | undefined;
  /** The capture describes the whole system: it has a System Context. Default false. */
  readonly investigation?: boolean | undefined;
  /** Sets Redacted: at least one field was deliberately removed or pseudonymised. The option `redact` sets the flag itself. Default false. */
  readonly redacted?: boolean | undefined;
}

/** Options of a new capture. */
export interface WriterOptions extends WritingOptions {
  readonly header: CaptureHeader;
  /**
   * The kinds of blocks that the capture is going to hold, in any order; the header announces them in CapBitmap. Blocks that every capture of
   * this mode has need not be listed: Process Identity and Module List Index (not in imports), Import Provenance (imports), System Context
   * (investigations), End-of-Capture.
   */
  readonly contents: readonly Content[];
  /**
   * The number of blocks, End-of-Capture included: 0 to 2^32 - 1. Default 0, unknown. The header of an encrypted capture always says 0, and
   * the writer still holds the blocks against this number.
   */
  readonly blockCount?: number;
  /**
   * Encrypts the capture (specification: encryption). The key is derived when the first block is written; that call throws `bad-key` for
   * an unusable public key. Copies of secrets are zeroed by `end`, by `close` and by failures. A capture without `end` can neither be opened
   * nor resumed.
   */
  readonly encryption?: EncryptionOptions;
  /**
   * Values that encryption uses in place of random bytes, for captures that must be reproducible and hold no secret: whoever has two
   * captures under the same key and nonce can read both. Default: the platform's random generator.
   */
  readonly sealRandomness?: Partial<SealRandomness>;
  /**
   * Computes FileHash and the digest of the file in place of the writer, such as in another thread (`startThreadedDigest` of `@memslice/msl/work`). Of the
   * algorithm of the header. The writer passes every byte of the file once, and releases it at the end. Default: none.
   */
  readonly fileHasher?: FileHasher;
}

/** Options of `MslWriter.resume`. `sync` and `mode` concern a target that is a path. */
export interface ResumeOptions extends WritingOptions, Omit<FileSinkOptions, "overwrite"> {
  /** Kinds still to come that neither the header nor the blocks in the file announce, such as Module Entries before their index. */
  readonly contents?: readonly Content[];
  /** Stops reading the file; `resume` then throws `aborted` and leaves the file unchanged. */
  readonly signal?: AbortSignal;
}

/** Options of a block of any kind. */
export interface BlockOptions {
  /** BlockUUID, a UUID of version 4 as text. Default: a new one. */
  readonly uuid?: string | undefined;
  /**
   * ParentUUID: the UUID of a block that is written with `hasChildren`, before or after this one. The nil UUID means no parent. Default: the
   * parent that the specification asks for (the Module List Index, the System Context), otherwise none.
   */
  readonly parentUuid?: string | undefined;
  /** Sets HasChildren: other blocks are going to name this one as their parent. Default false. */
  readonly hasChildren?: boolean | undefined;
  /** How this block is stored. Default: `compression` of the writer. */
  readonly compression?: CompressionChoice | undefined;
}

/** Options of a Memory Region. */
export interface RegionOptions extends BlockOptions {
  /** Sets HasKeyHints: Key Hints are going to name this region. A region that is split needs `keysAt` instead. Default false. */
  readonly hasKeyHints?: boolean | undefined;
  /** Addresses of keys that Key Hints are going to name, each in a captured page. Sets HasKeyHints of the fragments that hold them. */
  readonly keysAt?: readonly bigint[] | undefined;
  /** The UUID of the first fragment of the region that these pages continue. Sets Continuation. */
  readonly continuationOf?: string | undefined;
  /** Stops reading page data. If the block has begun by then, it stays incomplete and the writer has failed. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a Key Hint. */
export interface HintOptions extends BlockOptions {
  /**
   * Writes the note unchanged. By default, if pages before the key were not captured, the note is extended by the key's address, because
   * some readers count those pages too. Default false.
   */
  readonly keepNote?: boolean | undefined;
}

/** Options of a Thread Context. */
export interface ThreadOptions extends BlockOptions {
  /**
   * Accepts a thread as another capture has it, including content that readers accept and a producer must not write: roles and current
   * threads that occur twice or not at all, names in upper case, unknown states and flags. Default false.
   */
  readonly asRead?: boolean | undefined;
}

/** Options of `MslWriter.write`: those of every kind of block. */
export type WriteOptions = RegionOptions & HintOptions & ThreadOptions;

/** A block given as bytes, for `MslWriter.writeRaw`. */
export interface RawBlock extends BlockOptions {
  /** Block type code, 0 to 65535. */
  readonly type: number;
  /** The uncompressed payload. */
  readonly payload: Uint8Array;
  /** Sets HasKeyHints. Default false. */
  readonly hasKeyHints?: boolean | undefined;
  /** Sets Continuation. Default false. */
  readonly continuation?: boolean | undefined;
}

/** Options of `MslWriter.end`. */
export interface EndOptions {
  /** End of the acquisition in nanoseconds since 1970 UTC, 0 to 2^64 - 1. Default: now. */
  readonly acqEndNs?: bigint | undefined;
  /** BlockUUID of End-of-Capture, a UUID of version 4 as text. Default: a new one. */
  readonly uuid?: string | undefined;
  /**
   * Ends a resumed capture although blocks are missing that the header or flags of earlier blocks announce. The announcements cannot be
   * changed any more, so readers report the missing blocks; the result lists them. Default false: `end` throws `plan`.
   */
  readonly abandon?: boolean | undefined;
}

/**
 * When the operating system is told to write the file's data to the disk. `block`: after every block, so that a power failure costs one
 * block at most; the writer then hands over every block at once. `end`: when the file is closed. `never`: when the system decides. What a killed
 * process loses is decided by the writer's option `flush`.
 */
export type SyncPolicy = "block" | "end" | "never";

/** Options of `fileSink`. */
export interface FileSinkOptions {
  /** Default `end`. */
  readonly sync?: SyncPolicy;
  /** Replaces a file that exists. Default false: `fileSink` throws `sink`. */
  readonly overwrite?: boolean;
  /** Permission bits of a file that is created, 0 to 0o7777, less the bits of the process's umask. Default 0o666. */
  readonly mode?: number;
}

/** An unfinished capture that is not a file: readable, and able to grow after its last complete block. */
export interface ResumableFile {
  /** All bytes of the unfinished capture. */
  readonly source: Source;
  /**
   * Cuts off all bytes from `offset` (bytes from the start of the capture) on and returns a sink whose bytes follow there. Called at most once,
   * before anything is written.
   */
  readonly append: (offset: number) => Promise<Sink> | Sink;
}

/** Random bytes for UUIDs to come: a call of the system takes longer than the rest of a small block. */
const random = new Uint8Array(4096);
let used = random.length;

/** A random UUID of version 4 (RFC 9562). Does without `crypto.randomUUID`, which pages loaded without TLS lack. */
export function newUuid(): string {
  if (used === random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  const bytes = random.subarray(used, used + 16);
  used += 16;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return uuidText(bytes);
}

/** Nanoseconds since 1970 UTC, in steps of a millisecond: the finest clock that all runtimes have. */
export function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** A block of `writeCapture` with its options. HasChildren and HasKeyHints are also set where other blocks refer to it. */
export interface PlannedBlock extends RegionOptions, HintOptions, ThreadOptions {
  readonly payload: WritablePayload;
}

/** Options of `writeCapture`: those of a writer, and all blocks of the capture. */
export interface CaptureOptions extends Omit<WriterOptions, "contents" | "blockCount"> {
  /** The blocks in file order, without End-of-Capture. A block that others name (as parent or in a Key Hint) needs its `uuid`. */
  readonly blocks: readonly PlannedBlock[];
  /** End of the acquisition in nanoseconds since 1970 UTC. Default: now. */
  readonly acqEndNs?: bigint;
}
