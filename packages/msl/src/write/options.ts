/** What a writer can be told. */
import type { Codecs } from "../codec/codecs.js";
import type { EncryptionOptions } from "../encryption/encryption-options.js";
import type { SealRandomness } from "../encryption/sealing-keys.js";
import type { CompressionChoice, Encoders } from "./compress-payload.js";
import type { FileSinkOptions } from "./file-sink-options.js";
import type { CaptureHeader } from "./header-bytes.js";
import type { OfferedPayload } from "./offered-payload.js";
import type { Content } from "./plan.js";
import type { Redaction } from "./redaction.js";

/** What may be told a writer at any time; the rest stands in the header once that is written. */
export interface WritingOptions {
  /**
   * For Memory Regions and tables of 4 KiB and more; every block may choose another. Other blocks are stored plain, as are payloads
   * above `compressionLimit`. Default `none`.
   */
  readonly compression?: CompressionChoice;
  /** Most bytes of a payload that is compressed: it is held in memory, compressed, decoded and compared. Default 256 MiB. */
  readonly compressionLimit?: number;
  /**
   * Worker threads that compress side by side, 1 to 64, or "auto": as many as there are processors, at most 8. The capture is the same for
   * any number, byte for byte. Default 1, which means none: everything is done by the caller's thread, and so it is where the runtime has no
   * workers, and with `codecs`. See docs/writing.md for what is read ahead, and how much of it is in memory.
   */
  readonly threads?: number | "auto";
  /** Whether compressed blocks are decoded and compared before they are written. Default true. */
  readonly verifyCompression?: boolean;
  /** Replaces encoders, and the decoders that check them. */
  readonly codecs?: Partial<Encoders & Codecs>;
  /** Payload bytes of a block above which a Memory Region is split: 2^32 - 81, all that a block holds, or less. */
  readonly splitAbove?: number;
  /**
   * Lets `writeRaw` write what a 1.1 producer must not: types without a specified payload, and payloads of specified types as they
   * are; Module Entries that contradict their index; gaps between the fragments of a region. For carrying over what another capture holds. Default false.
   */
  readonly nonConforming?: boolean;
  /** Fields to leave empty, by kind of block; sets the header's Redacted flag. */
  readonly redact?: Redaction;
  /** New UUIDs of version 4. Default: random ones. */
  readonly uuid?: () => string;
  /** The time in nanoseconds since 1970 UTC. Default: that of the system, in milliseconds. */
  readonly timestamp?: () => bigint;
}

export interface WriterOptions extends WritingOptions {
  readonly header: CaptureHeader;
  /**
   * The kinds of blocks that the capture will have, in any order, besides those that its mode asks for: Process Identity and Module List
   * Index (not of imports), Import Provenance of imports, System Context of investigations, End-of-Capture. The header announces them.
   */
  readonly contents: readonly Content[];
  /**
   * The number of blocks, End-of-Capture included, if it is known. Default 0, unknown. The header of an encrypted capture does not tell it:
   * what is written is held against it.
   */
  readonly blockCount?: number;
  /**
   * Encrypts the capture. The key is derived with the first block, which throws `bad-key` for a public key that is none; copies of secrets
   * are zeroed after `end`, `close` and failures. Without `end`, the capture can neither be opened nor resumed.
   */
  readonly encryption?: EncryptionOptions;
  /**
   * What encryption takes in place of random bytes. For captures that have to come out the same every time and whose content is no secret:
   * of two captures under the same key and nonce, anyone can tell what they hold. Default: all from the platform's random generator.
   */
  readonly sealRandomness?: Partial<SealRandomness>;
}

export interface ResumeOptions extends WritingOptions, Omit<FileSinkOptions, "overwrite"> {
  /** Kinds still to come that neither the header nor the blocks written can announce, such as Module Entries before their index. */
  readonly contents?: readonly Content[];
  readonly signal?: AbortSignal;
}

export interface BlockOptions {
  /** Default: a new one. */
  readonly uuid?: string | undefined;
  /** The block that this one belongs to: one written with `hasChildren`, now or later. The nil UUID is none. */
  readonly parentUuid?: string | undefined;
  /** Announces that other blocks will name this one as their parent. */
  readonly hasChildren?: boolean | undefined;
  readonly compression?: CompressionChoice | undefined;
  /** For `transcode`. */
  readonly offered?: OfferedPayload | undefined;
}

export interface RegionOptions extends BlockOptions {
  /** Announces Key Hints for the region. For one that is split, `keysAt` says which fragments they concern. */
  readonly hasKeyHints?: boolean | undefined;
  /** Announces Key Hints for these addresses, all in captured pages. */
  readonly keysAt?: readonly bigint[] | undefined;
  /** The UUID of a region's first fragment: this is a later one, or several. */
  readonly continuationOf?: string | undefined;
  /** Stops reading page data. A block that was begun stays incomplete: the writer has failed then. */
  readonly signal?: AbortSignal | undefined;
}

export interface HintOptions extends BlockOptions {
  /** Leaves the note as it is. Otherwise, if pages before the key were not captured, it is made to name the key's address. */
  readonly keepNote?: boolean | undefined;
}

export interface ThreadOptions extends BlockOptions {
  /**
   * Takes the thread as another capture has it, with what readers accept and a producer must not write: roles and current threads more than
   * once or not at all, names in upper case, unknown states and flags. Default false.
   */
  readonly asRead?: boolean | undefined;
}

/** A block as bytes. */
export interface RawBlock extends BlockOptions {
  readonly type: number;
  /** Uncompressed. */
  readonly payload: Uint8Array;
  readonly hasKeyHints?: boolean | undefined;
  readonly continuation?: boolean | undefined;
}
