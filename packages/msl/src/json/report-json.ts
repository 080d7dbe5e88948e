/** A verification report as plain JSON values. A hostile capture has millions of broken links: the first ones are listed, and all are counted. */
import { codeName, HASH_ALGO } from "../format/codes.js";
import { hexText } from "../format/layout/uuid-text.js";
import { describeReport } from "../verify/describe.js";
import type { ChainBreak, VerifyReport } from "../verify/report.js";
import { LISTED, listed } from "./shown.js";

/** In the vocabulary of `msl verify --json`: `verdict`, `outcome`, `integrity`, `findings` as sentences. At most 1,000 breaks are listed. */
export function reportJson(report: VerifyReport) {
  return {
    verdict: report.verdict,
    outcome: report.outcome,
    integrity: integrityJson(report),
    findings: describeReport(report),
    hasher: report.hasher,
    threads: report.threads,
    bytes: report.bytes,
    elapsedMs: Math.round(report.elapsedMs),
  };
}

function integrityJson(report: VerifyReport) {
  const { breaks, explanation, fileHash } = report;
  return {
    encrypted: report.encrypted !== null,
    hashAlgo: codeName(HASH_ALGO, report.hashAlgo),
    blocks: report.blocks,
    trailingBytes: report.trailingBytes,
    eocIndex: report.eocIndex,
    truncatedBlock: report.truncatedBlock,
    appended: report.appended.slice(0, LISTED),
    announcedButMissing: report.announcedButMissing,
    anchor: report.anchor,
    breakCount: breaks.length,
    chainBreaks: listed(breaks.indexes(), (index) => index),
    breaks: listed(breaks, breakJson),
    firstBadBlock: report.firstBadBlock,
    fileHash: fileHash.status,
    fileHashStored: fileHash.stored && hexText(fileHash.stored),
    fileHashComputed: fileHash.computed && hexText(fileHash.computed),
    blockCount: report.blockCount,
    explanation: explanation && {
      variant: explanation.variant.id,
      assumption: explanation.variant.assumption,
      chainHolds: explanation.chainHolds,
      fileHashHolds: explanation.fileHashHolds,
    },
  };
}

/** The report with the names of its own properties, as JSON.stringify and console.log show it. */
export function plainReport({ breaks, fileHash, appended, ...rest }: VerifyReport) {
  const { stored, computed } = fileHash;
  return {
    ...rest,
    appended: appended.slice(0, LISTED),
    breakCount: breaks.length,
    breaks: listed(breaks, breakJson),
    fileHash: { ...fileHash, stored: stored && hexText(stored), computed: computed && hexText(computed) },
  };
}

function breakJson({ index, offset, previousOffset, stored, computed }: ChainBreak) {
  return { index, offset, previousOffset, stored: hexText(stored), computed: hexText(computed) };
}
