/** The report of a verification, and its construction from the results of a pass over the bytes. Every pass ends here. */
import type { ChainResult } from "@memslice/core-wasm";
import { equalBytes } from "../bytes.js";
import { announcedButMissing } from "../format/capabilities.js";
import type { FileHeader } from "../format/file-header.js";
import type { HashAlgoCode, HasherName } from "../hash/hash-algorithm.js";
import { shownAs } from "../json/shown.js";
import type { ThreadUse } from "../threads/thread-use.js";
import type { Anchor, ChainStart, HeaderVariant } from "./anchor.js";
import { type BadBlock, firstBadBlock } from "./chain.js";
import { hasForeignAppendix, plainReport } from "./describe.js";
import type { FileDigest } from "./verification.js";

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

/** JSON.stringify and console.log show a report with hashes as text, and the first 1,000 of its breaks. */
export const shownReport = shownAs("VerifyReport", plainReport);

export function concludeReport(findings: Findings): VerifyReport {
  const words = findings.encrypted ? ["aead-ok"] : [chainHolds(findings) ? "chain-ok" : "chain-broken"];
  if (findings.anchor === "zero") words.push("anchor-zero");
  if (findings.eocIndex === null) words.push("no-eoc");
  else if (!findings.encrypted || findings.fileHash.status !== "ok") words.push(`filehash-${findings.fileHash.status}`);
  if (!findings.encrypted && hasForeignAppendix(findings)) words.push("appended-blocks");
  if (findings.truncatedBlock !== null) words.push("truncated-block");
  return shownReport({ verdict: words.join("+"), outcome: outcomeOf(words), ...findings });
}

const INTACT: ReadonlySet<string> = new Set(["chain-ok+filehash-ok", "aead-ok"]);

function outcomeOf(words: readonly string[]): Outcome {
  if (words.includes("chain-broken") || words.includes("filehash-mismatch")) return "altered";
  return INTACT.has(words.join("+")) ? "intact" : "incomplete";
}

/** The results of a pass over the blocks of a plain capture, or over the plaintext of an encrypted one. */
export interface Pass {
  readonly header: FileHeader;
  readonly hashAlgo: HashAlgoCode;
  readonly hasher: HasherName;
  readonly threads: ThreadUse;
  readonly strict: boolean;
  readonly result: ChainResult;
  /** Types of the blocks up to End-of-Capture, and the blocks behind it. */
  readonly census: { readonly present: ReadonlySet<number>; readonly appended: readonly AppendedBlocks[] };
  /** Bytes of the file. */
  readonly bytes: number;
  /** The value of `performance.now()` at the start. */
  readonly startedAt: number;
}

export interface PlainPass extends Pass {
  /** Null if the data ends before the header of block 0 does. */
  readonly start: ChainStart | null;
  /** The same pass over the header variant in `start`; null if there is none. */
  readonly variantResult: ChainResult | null;
}

export function reportOfPass(pass: PlainPass): VerifyReport {
  const { header, result, start, bytes } = pass;
  const anchor = result.blocks === 0 || start === null ? null : start.anchor;
  const fileHash = fileHashOf(result);
  return concludeReport({
    ...findingsOf(pass),
    encrypted: null,
    anchor,
    firstBadBlock: firstBadBlock(result, { anchor, headerSize: header.headerSize, fileHashHolds: fileHash.status === "ok" }),
    fileHash,
    trailingBytes: bytes - result.end,
    explanation: explain(pass),
  });
}

/** `withoutKem`: whether the stored FileHash is that of the bytes without the KEM ciphertext. */
export function reportOfSealedPass(pass: Pass, plaintextSize: number, withoutKem: boolean): VerifyReport {
  const fileHash = fileHashOf(pass.result);
  return concludeReport({
    ...findingsOf(pass),
    encrypted: { fileHashWithoutKem: withoutKem },
    anchor: null,
    firstBadBlock: null,
    fileHash: withoutKem ? { ...fileHash, status: "ok", computed: fileHash.stored } : fileHash,
    trailingBytes: plaintextSize - pass.result.end,
    explanation: null,
  });
}

type FindingsOfPass = Omit<Findings, "encrypted" | "anchor" | "firstBadBlock" | "fileHash" | "trailingBytes" | "explanation">;

function findingsOf({ header, hashAlgo, hasher, threads, strict, result, census, bytes, startedAt }: Pass): FindingsOfPass {
  const eocIndex = result.eoc?.index ?? null;
  return {
    hashAlgo,
    hasher,
    threads,
    strict,
    breaks: result.breaks,
    blockCount: { declared: header.blockCount, counted: (eocIndex ?? result.blocks - 1) + 1 },
    blocks: result.blocks,
    eocIndex,
    truncatedBlock: result.truncatedBlock,
    appended: census.appended,
    announcedButMissing: announcedButMissing(header.capBitmap, census.present),
    bytes,
    elapsedMs: performance.now() - startedAt,
  };
}

function explain({ start, variantResult, strict }: PlainPass): Explanation | null {
  if (!start?.variant || !variantResult) return null;
  const { header: _, ...variant } = start.variant;
  const { breaks, eoc } = variantResult;
  const holds = chainHolds({ strict, anchor: "header-hash", breaks, eocIndex: eoc?.index ?? null });
  const { status } = fileHashOf(variantResult);
  return { variant, chainHolds: holds, fileHashHolds: status === "absent" ? null : status === "ok" };
}

export function fileHashOf({ eoc }: ChainResult): VerifyReport["fileHash"] {
  if (!eoc) return { status: "absent", stored: null, computed: null, end: null };
  const { stored, computed, offset } = eoc;
  return { status: equalBytes(stored, computed) ? "ok" : "mismatch", stored, computed, end: offset };
}
