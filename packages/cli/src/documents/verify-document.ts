/** `msl.verify/1`: the verdict and what it rests on. */
import type { ChainBreak, VerifyReport } from "@memslice/msl";
import { codeName, describeReport, HASH_ALGO } from "@memslice/msl";
import { hex } from "./hex.js";

export function verifyDocument(file: string, report: VerifyReport) {
  const { explanation, fileHash } = report;
  return {
    schema: "msl.verify/1",
    file,
    verdict: report.verdict,
    outcome: report.outcome,
    integrity: {
      encrypted: report.encrypted !== null,
      hashAlgo: codeName(HASH_ALGO, report.hashAlgo),
      blocks: report.blocks,
      trailingBytes: report.trailingBytes,
      eocIndex: report.eocIndex,
      truncatedBlock: report.truncatedBlock,
      anchor: report.anchor,
      chainBreaks: [...report.breaks.indexes()],
      breaks: Array.from(report.breaks, breakJson),
      firstBadBlock: report.firstBadBlock,
      fileHash: fileHash.status,
      fileHashStored: fileHash.stored && hex(fileHash.stored),
      fileHashComputed: fileHash.computed && hex(fileHash.computed),
      blockCount: report.blockCount,
      explanation: explanation && {
        variant: explanation.variant.id,
        assumption: explanation.variant.assumption,
        chainHolds: explanation.chainHolds,
        fileHashHolds: explanation.fileHashHolds,
      },
    },
    findings: describeReport(report),
    bytes: report.bytes,
    elapsedMs: Math.round(report.elapsedMs),
  };
}

function breakJson({ index, offset, previousOffset, stored, computed }: ChainBreak) {
  return { index, offset, previousOffset, stored: hex(stored), computed: hex(computed) };
}
