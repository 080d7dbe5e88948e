/** What `transcode` can be told. */
import type { Codecs } from "../codec/codecs.js";
import type { EncryptionOptions } from "../encryption/sealing-keys.js";
import type { MemoryRange } from "../memory/address-space.js";
import type { OpenOptions } from "../read/open-capture.js";
import type { VerifyProgress } from "../source/progress.js";
import type { CompressionChoice, Encoders } from "../write/compress-payload.js";
import type { WritingOptions } from "../write/options.js";
import type { Content } from "../write/plan.js";
import type { Redaction } from "../write/table-payload.js";
import type { PeerName } from "./peers.js";

/** `keep`: every block as it is compressed in the source, byte for byte where that is conforming. */
export type TranscodeCompression = CompressionChoice | "keep";

/** Whole regions are selected, never parts of them. Both given: both must hold. */
export interface RegionSelection {
  /** Regions that share an address with one of these. */
  readonly ranges?: readonly MemoryRange[] | undefined;
  /** Codes of region types. */
  readonly regionTypes?: readonly number[] | undefined;
}

/** What goes over. What has to stay together does: see docs/transcoding.md. */
export interface BlockSelection extends RegionSelection {
  /** These kinds of blocks, and those that they need; types without a specified payload by their codes. Default: all. */
  readonly kinds?: readonly Content[] | undefined;
  /** Not these. */
  readonly withoutKinds?: readonly Content[] | undefined;
}

export interface TranscodeProgress extends VerifyProgress {
  /** `open`: an encrypted source is authenticated; `verify`: the hashes of the source; `write`: what goes into the output. */
  readonly phase: "open" | "verify" | "write";
}

/** `salvage`, `payloadLimit` and what concerns URLs: for opening the source, if it is not an opened capture. */
export interface TranscodeOptions
  extends Omit<OpenOptions, "strict" | "codecs" | "pin" | "threads" | "onProgress">,
    Pick<WritingOptions, "compressionLimit" | "verifyCompression" | "splitAbove" | "uuid"> {
  /** As the writer's; where it is given, the hashes of the source are verified by as many, and its regions decompressed ahead. */
  readonly threads?: number | "auto" | undefined;
  /** Default `keep`. */
  readonly compression?: TranscodeCompression | undefined;
  /** 0 BLAKE3, 1 SHA-256, 2 SHA-512/256. Default: the source's. DiskHash values of another algorithm are not carried over. */
  readonly hashAlgo?: number | undefined;
  /** Fields to leave empty, by kind of block; `redactionOf` makes it from names. Sets Redacted if anything was removed. */
  readonly redact?: Redaction | undefined;
  /** The regions and kinds of blocks to carry over. Default: all. A Key Hint goes with its region. */
  readonly select?: BlockSelection | undefined;
  /**
   * Encrypts the output, under a key, nonce and salt of its own. The source's encryption is never carried over: without this, what comes
   * of an encrypted source is plain. Copies of secrets are zeroed.
   */
  readonly encryption?: EncryptionOptions | undefined;
  /**
   * Carries over as bytes what a 1.1 producer must not write: types without a specified payload, and blocks with problems. The output is
   * not conforming then. Default false: they are left out, and reported.
   */
  readonly keepNonConforming?: boolean | undefined;
  /**
   * Leaves Thread Contexts out, for an output that is strictly 1.1: the specification reserves their type, and a proposal defines the payload.
   * Default false: they are carried over, and reported.
   */
  readonly conformingOnly?: boolean | undefined;
  /**
   * Writes only what this program can read of a conforming capture, and reports what that gives up. "libmsl" is refused: it can read none.
   * Default: everything, as the specification has it.
   */
  readonly for?: PeerName | undefined;
  /**
   * Most bytes of the output: a small capture can hold very much that is compressed. Default 1 GiB, and 64 times the source; more is an
   * error, `limit`.
   */
  readonly outputLimit?: number | undefined;
  /** Whether the hashes of the source are verified first, and what is found becomes part of the report. Default true. */
  readonly verify?: boolean | undefined;
  /** Replaces encoders and decoders. */
  readonly codecs?: Partial<Encoders & Codecs>;
  readonly onProgress?: ((progress: TranscodeProgress) => void) | undefined;
}
