/** The report of a verification. */
import type { HashAlgoCode, HasherName } from "../hash/hash-algorithm.js";
import type { ThreadUse } from "../threads/thread-use.js";

/** Whether block 0's PrevHash is the hash of the header, zero (MemDiver), or something else; null without blocks. */
export type Anchor = "header-hash" | "zero" | "other" | null;

/** The name of an assumption about the header that a producer hashed, for programs. */
export type HeaderVariantId = "block-count-zero" | "version-bytes-01-00" | "sha256-fallback";

/** A header that a producer may have hashed instead of the one in the file. */
export interface HeaderVariant {
  readonly id: HeaderVariantId;
  readonly header: Uint8Array;
  readonly algorithm: HashAlgoCode;
  /** The assumption under which the hashes match, as the end of a sentence. */
  readonly assumption: string;
}

/** Whether FileHash is the hash of the file; `absent` without End-of-Capture. */
export type FileHashStatus = "ok" | "mismatch" | "absent";

/** A link of the hash chain that does not hold: the PrevHash of a block is not the hash of the element before it. */
export interface ChainBreak {
  /** Index of the block with that PrevHash. */
  readonly index: number;
  /** Offset of that block in the file. */
  readonly offset: number;
  /** Offset of the element before it: of a block, or 0 for the file header. */
  readonly previousOffset: number;
  /** Hash of the element before it: 32 bytes. */
  readonly computed: Uint8Array;
  /** PrevHash as stored: 32 bytes. */
  readonly stored: Uint8Array;
}

/** The broken links, in file order. Objects are made on access: a hostile capture has millions of broken links. */
export interface ChainBreaks extends Iterable<ChainBreak> {
  readonly length: number;
  /** Throws a `RangeError` for a position outside the list. */
  at(position: number): ChainBreak;
  /** The block indexes alone. */
  indexes(): Iterable<number>;
}

/** `intact`; `altered`: a hash does not match; `incomplete`: no End-of-Capture, truncated, blocks behind End-of-Capture, or a zero anchor (MemDiver). */
export type Outcome = "intact" | "altered" | "incomplete";

/** A known deviation of a producer under which hashes match that do not match otherwise. */
export interface Explanation {
  readonly variant: Omit<HeaderVariant, "header">;
  /** Whether every link up to End-of-Capture holds under the variant. */
  readonly chainHolds: boolean;
  /** Whether FileHash holds under the variant; null without End-of-Capture. */
  readonly fileHashHolds: boolean | null;
}

/** What verification found of an encrypted capture besides its hashes. */
export interface EncryptedFindings {
  /** Whether FileHash holds only over header and blocks, without the KEM ciphertext between them. */
  readonly fileHashWithoutKem: boolean;
}

/** Blocks of one type behind End-of-Capture: not part of the capture, and not covered by its FileHash. */
export interface AppendedBlocks {
  readonly type: number;
  readonly typeName: string;
  readonly count: number;
}

/** The block that was altered, if the capture was altered in one place only. */
export interface BadBlock {
  /** Null for the file header. */
  readonly index: number | null;
  /** The offset of its first byte in the file, and the offset behind its last byte. */
  readonly offset: number;
  readonly end: number;
}

/** The name of an algorithm for digests of whole files. */
export type DigestName = "blake3" | "sha256";

/** The digest of all bytes of a file, and whether it is the expected one. */
export interface FileDigest {
  readonly algorithm: DigestName;
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** The number of bytes that the digest is of: all of the file. */
  readonly bytes: number;
  /** `expectDigest`; null if none was given. */
  readonly expected: Uint8Array | null;
  /** Whether the digest is the expected one; null if none was given. */
  readonly matches: boolean | null;
}

/** The result of verification: is every byte of the capture as it was written? */
export interface VerifyReport {
  /**
   * Stable words joined by `+`: chain-ok | chain-broken, anchor-zero, filehash-ok | filehash-mismatch | no-eoc, appended-blocks,
   * truncated-block. Of an encrypted capture: aead-ok, then filehash-mismatch | no-eoc, truncated-block if they apply.
   */
  readonly verdict: string;
  readonly outcome: Outcome;
  /** Null for a plain capture. An encrypted capture whose tag does not match has no report, because it cannot be opened. */
  readonly encrypted: EncryptedFindings | null;
  readonly hashAlgo: HashAlgoCode;
  /** The implementation that computed the hashes. */
  readonly hasher: HasherName;
  /** How many threads hashed, and why fewer than were asked for. */
  readonly threads: ThreadUse;
  readonly anchor: Anchor;
  /**
   * Every broken link, in file order; links behind End-of-Capture do not affect the verdict. In an encrypted capture,
   * which has no links: the blocks whose PrevHash is not zero.
   */
  readonly breaks: ChainBreaks;
  /** The block to examine first; null if no link up to End-of-Capture is broken, except the link of a zero anchor. */
  readonly firstBadBlock: BadBlock | null;
  readonly fileHash: {
    readonly status: FileHashStatus;
    readonly stored: Uint8Array | null;
    readonly computed: Uint8Array | null;
    /** The end of the bytes that FileHash covers, which is the offset of End-of-Capture; null without End-of-Capture. */
    readonly end: number | null;
  };
  /** Blocks declared in the header (0: not declared) and counted up to End-of-Capture. */
  readonly blockCount: { readonly declared: number; readonly counted: number };
  readonly blocks: number;
  readonly eocIndex: number | null;
  readonly truncatedBlock: number | null;
  readonly trailingBytes: number;
  /**
   * Blocks behind End-of-Capture. FileHash does not cover them, and anybody who adds one can link it. Blocks of types that the specification
   * reserves for analysis tools (0x1000 to 0x1FFF) do not change the outcome; others make a plain capture `incomplete`.
   * The tag of an encrypted capture covers them.
   */
  readonly appended: readonly AppendedBlocks[];
  /** Kinds of blocks that CapBitmap announces and no block has. The capture may be intact nevertheless. */
  readonly announcedButMissing: readonly string[];
  /** The header variant under which the hashes hold, if one was found. */
  readonly explanation: Explanation | null;
  /** The digest of the whole file, if one was asked for. It changes no verdict. */
  readonly digest?: FileDigest;
  /** Whether a zero anchor breaks the chain, as for a pure 1.1 consumer. */
  readonly strict: boolean;
  /** Bytes read, header included. */
  readonly bytes: number;
  readonly elapsedMs: number;
}

export interface Findings extends Omit<VerifyReport, "verdict" | "outcome"> {}

/** Whether the links up to End-of-Capture hold. A zero anchor breaks no link: the chain then starts at block 1. */
export function chainHolds(findings: Pick<Findings, "anchor" | "breaks" | "eocIndex" | "strict">): boolean {
  if (findings.strict && findings.anchor === "zero") return false;
  const last = findings.eocIndex ?? Number.POSITIVE_INFINITY;
  if (findings.anchor === "other") return false;
  for (const index of findings.breaks.indexes()) if (index > 0) return index > last;
  return true;
}
