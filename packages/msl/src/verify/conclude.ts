/** Makes the report from the results of a pass over the bytes. Every pass ends here. */
import type { ChainResult } from "@memslice/core-wasm";
import { equalBytes } from "../bytes.js";
import { announcedButMissing } from "../format/capabilities.js";
import type { FileHeader } from "../format/file-header.js";
import type { HashAlgoCode, HasherName } from "../hash/hash-algorithm.js";
import type { ThreadUse } from "../threads/thread-use.js";
import type { ChainStart } from "./anchor.js";
import { firstBadBlock } from "./chain.js";
import { hasForeignAppendix, shownReport } from "./describe.js";
import { type AppendedBlocks, chainHolds, type Explanation, type Findings, type Outcome, type VerifyReport } from "./report.js";

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
