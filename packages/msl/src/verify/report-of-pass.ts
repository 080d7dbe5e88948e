/** From what a pass over the bytes found out to the report. All ways to hash a capture end here. */

import type { ChainResult } from "@memslice/core-wasm";
import { equalBytes } from "../bytes.js";
import { announcedButMissing } from "../format/capabilities.js";
import type { FileHeader } from "../format/file-header.js";
import type { HashAlgoCode, HasherName } from "../hash/hash-algorithm.js";
import type { BlockCensus } from "./block-census.js";
import type { ChainStart } from "./chain-start.js";
import { firstBadBlock } from "./first-bad-block.js";
import { chainHolds, concludeReport, type Explanation, type VerifyReport } from "./report.js";

export interface Pass {
  readonly header: FileHeader;
  readonly hashAlgo: HashAlgoCode;
  readonly hasher: HasherName;
  readonly strict: boolean;
  /** Null if the data ends before block 0 has its header. */
  readonly start: ChainStart | null;
  readonly result: ChainResult;
  /** The same pass over the header variant in `start`; null if there is none. */
  readonly variantResult: ChainResult | null;
  readonly census: BlockCensus;
  /** Bytes read, header included. */
  readonly bytes: number;
  /** In the time of `performance.now()`. */
  readonly startedAt: number;
}

export function reportOfPass(pass: Pass): VerifyReport {
  const { header, result, start, bytes } = pass;
  const anchor = result.blocks === 0 || start === null ? null : start.anchor;
  const fileHash = fileHashOf(result);
  return concludeReport({
    encrypted: null,
    hashAlgo: pass.hashAlgo,
    hasher: pass.hasher,
    strict: pass.strict,
    anchor,
    breaks: result.breaks,
    firstBadBlock: firstBadBlock(result, { anchor, headerSize: header.headerSize, fileHashHolds: fileHash.status === "ok" }),
    fileHash,
    blockCount: { declared: header.blockCount, counted: (result.eoc?.index ?? result.blocks - 1) + 1 },
    blocks: result.blocks,
    eocIndex: result.eoc?.index ?? null,
    truncatedBlock: result.truncatedBlock,
    trailingBytes: bytes - result.end,
    appended: pass.census.appended,
    announcedButMissing: announcedButMissing(header.capBitmap, pass.census.present),
    explanation: explain(pass),
    bytes,
    elapsedMs: performance.now() - pass.startedAt,
  });
}

function explain({ start, variantResult, strict }: Pass): Explanation | null {
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
