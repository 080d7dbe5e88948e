/**
 * A report as sentences for people (what was found, where, what was expected), and as plain JSON values. A hostile capture has millions of broken links: the
 * first ones are listed, and all are counted.
 */
import { equalBytes } from "../bytes.js";
import { codeName, HASH_ALGO, isAppendixType } from "../format/codes.js";
import { hexText } from "../format/layout/uuid-text.js";
import { LISTED, listed, shownAs } from "../json/shown.js";
import type { ChainBreak, FileDigest, Outcome, VerifyReport } from "./report.js";

const OUTCOME: Record<Outcome, string> = {
  intact: "Intact: every link of the chain and FileHash match",
  altered: "ALTERED: the content does not match its hashes",
  incomplete: "Incomplete: nothing contradicts the hashes, but they do not cover everything",
};

/** One sentence per finding, the verdict first. */
export function describeReport(report: VerifyReport): string[] {
  return [
    `${outcomeSentence(report)} (${report.verdict}, ${codeName(HASH_ALGO, report.hashAlgo)})`,
    ...anchorSentence(report),
    ...breakSentences(report),
    ...firstBadBlockSentence(report),
    ...fileHashSentence(report),
    ...explanationSentence(report),
    ...countSentences(report),
    ...appendedSentence(report),
    ...missingSentence(report),
    ...digestSentences(report),
  ];
}

function outcomeSentence({ outcome, encrypted, fileHash }: VerifyReport): string {
  if (!encrypted) return OUTCOME[outcome];
  if (outcome === "intact") return "Intact: the AEAD tag and FileHash match";
  return outcome === "altered" && fileHash.status === "mismatch"
    ? "ALTERED: the AEAD tag matches, but FileHash does not: the capture was encrypted that way, or its header was altered and mended"
    : "Incomplete: the AEAD tag matches, but the capture ends without End-of-Capture";
}

function anchorSentence({ anchor }: VerifyReport): string[] {
  return anchor === "zero"
    ? ["Block 0 does not name the header's hash (MemDiver writes zeros there), so the chain does not protect the header"]
    : [];
}

/** The most broken links with a sentence each; one sentence has the number of further links. */
const BREAKS_NAMED = 20;

function breakSentences({ breaks, anchor, eocIndex, encrypted }: VerifyReport): string[] {
  const sentences: string[] = [];
  for (const link of breaks) {
    if (link.index === 0 && anchor === "zero") continue;
    if (sentences.length === BREAKS_NAMED) {
      sentences.push(`... ${breaks.length} links in all do not hold`);
      break;
    }
    sentences.push(encrypted ? prevHashSentence(link) : breakSentence(link, eocIndex));
  }
  return sentences;
}

function prevHashSentence({ index, offset, stored }: ChainBreak): string {
  return `Block ${index} at offset ${offset} of the decrypted stream: PrevHash is ${hexText(stored)}, but zero in encrypted captures`;
}

function breakSentence({ index, offset, previousOffset, stored, computed }: ChainBreak, eocIndex: number | null): string {
  const hashes = `PrevHash is ${hexText(stored)}, computed ${hexText(computed)}`;
  if (eocIndex !== null && index > eocIndex)
    return `Block ${index} at offset ${offset}, after End-of-Capture, is not chained: ${hashes}`;
  if (index === 0) return `Block 0 at offset ${offset} does not match the header (bytes 0-${offset - 1}): ${hashes}`;
  return `Block ${index} at offset ${offset}: its PrevHash or block ${index - 1} (bytes ${previousOffset}-${offset - 1}) was altered, or blocks were inserted, removed or reordered: ${hashes}`;
}

function firstBadBlockSentence({ firstBadBlock }: VerifyReport): string[] {
  if (firstBadBlock === null) return [];
  const { index, offset, end } = firstBadBlock;
  const what = index === null ? "the file header" : `block ${index}`;
  return [`If one alteration is all there is, it is in ${what}, bytes ${offset}-${end - 1}`];
}

function fileHashSentence({ fileHash, truncatedBlock, encrypted }: VerifyReport): string[] {
  if (fileHash.status === "absent") {
    return [
      truncatedBlock === null
        ? "No End-of-Capture: the capture is incomplete, or its producer writes none"
        : "No End-of-Capture: the data ends inside a block",
    ];
  }
  if (encrypted?.fileHashWithoutKem) return ["FileHash leaves the KEM ciphertext out, and holds for the rest"];
  if (fileHash.status === "ok" || !fileHash.stored || !fileHash.computed) return [];
  const covered = encrypted
    ? `header, KEM ciphertext and the first ${fileHash.end ?? 0} bytes of the decrypted stream`
    : `bytes 0-${(fileHash.end ?? 0) - 1}`;
  return [`FileHash is ${hexText(fileHash.stored)}, but ${covered} hash to ${hexText(fileHash.computed)}`];
}

function explanationSentence({ explanation }: VerifyReport): string[] {
  if (!explanation) return [];
  const holds = [explanation.chainHolds ? "the chain" : "", explanation.fileHashHolds ? "FileHash" : ""].filter(
    (word) => word !== "",
  );
  const what =
    holds.length === 0
      ? "the anchor in the header holds, but not the rest,"
      : `${holds.join(" and ")} ${holds.length > 1 ? "hold" : "holds"}`;
  return [`Explained, not intact: ${what} if ${explanation.variant.assumption}`];
}

function countSentences(report: VerifyReport): string[] {
  const { declared, counted } = report.blockCount;
  const sentences: string[] = [];
  if (report.truncatedBlock !== null) sentences.push(`Block ${report.truncatedBlock} is cut off by the end of the data`);
  if (declared !== 0 && declared !== counted) sentences.push(`The header declares ${declared} blocks, ${counted} are there`);
  if (report.trailingBytes > 0) sentences.push(`${report.trailingBytes} bytes after the last block are not part of the capture`);
  return sentences;
}

/** The most types of appended blocks that the sentence names. */
const TYPES_NAMED = 8;

function appendedSentence(report: VerifyReport): string[] {
  const { appended, blocks, eocIndex, encrypted } = report;
  const count = eocIndex === null ? 0 : blocks - eocIndex - 1;
  if (count === 0) return [];
  const told = appended.slice(0, TYPES_NAMED).map(({ typeName, count: of }) => `${of} ${typeName}`);
  const kinds = `${told.join(", ")}${appended.length > TYPES_NAMED ? ", and others" : ""}`;
  const follow = `${count} ${count === 1 ? "block follows" : "blocks follow"} End-of-Capture (${kinds})`;
  const what = hasForeignAppendix(report) ? "added after the capture was finished" : "an appendix as analysis tools add it";
  const cover = encrypted ? "covered by the AEAD tag only" : "not covered by FileHash";
  return [`${follow}: ${what}; not part of the capture, and ${cover}`];
}

/** Whether a block behind End-of-Capture has another type than the specification reserves for blocks that analysis tools append. */
export function hasForeignAppendix({
  appended,
  blocks,
  eocIndex,
}: Pick<VerifyReport, "appended" | "blocks" | "eocIndex">): boolean {
  if (eocIndex === null) return false;
  const known = appended.filter(({ type }) => isAppendixType(type)).reduce((sum, { count }) => sum + count, 0);
  return known !== blocks - eocIndex - 1;
}

function missingSentence({ announcedButMissing }: VerifyReport): string[] {
  if (announcedButMissing.length === 0) return [];
  return [
    `CapBitmap announces ${announcedButMissing.join(", ")}, but there are no such blocks: they were not captured, or not written`,
  ];
}

const DIGEST_NAMES: Record<FileDigest["algorithm"], string> = { blake3: "BLAKE3", sha256: "SHA-256" };

function digestSentences({ digest, fileHash }: VerifyReport): string[] {
  if (!digest) return [];
  const { expected, matches } = digest;
  const isFileHash =
    matches === false && expected !== null && fileHash.computed !== null && equalBytes(expected, fileHash.computed);
  const hint = isFileHash ? `; that is the FileHash of the capture, which covers its first ${fileHash.end} bytes only` : "";
  return [`${digestSentence(digest)}${hint}`];
}

/** For example "SHA-256 of the whole file, 64112 bytes: ..., as expected". */
export function digestSentence({ algorithm, digest, bytes, expected, matches }: FileDigest): string {
  const sentence = `${DIGEST_NAMES[algorithm]} of the whole file, ${bytes} bytes: ${hexText(digest)}`;
  if (!expected) return sentence;
  return matches ? `${sentence}, as expected` : `NOT THE EXPECTED FILE: ${sentence}, expected ${hexText(expected)}`;
}

/** In the vocabulary of `msl verify --json`: `verdict`, `outcome`, `integrity`, `findings` as sentences. At most 1,000 breaks are listed. */
export function reportJson(report: VerifyReport) {
  return {
    verdict: report.verdict,
    outcome: report.outcome,
    integrity: integrityJson(report),
    findings: describeReport(report),
    ...(report.digest ? { digest: digestJson(report.digest) } : {}),
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

/** The digest as plain JSON. */
export function digestJson({ algorithm, digest, bytes, expected, matches }: FileDigest) {
  return { algorithm, digest: hexText(digest), bytes, expected: expected && hexText(expected), matches };
}

/** The report with the names of its own properties, as JSON.stringify and console.log show it. */
function plainReport({ breaks, fileHash, appended, digest, ...rest }: VerifyReport) {
  const { stored, computed } = fileHash;
  return {
    ...rest,
    ...(digest ? { digest: digestJson(digest) } : {}),
    appended: appended.slice(0, LISTED),
    breakCount: breaks.length,
    breaks: listed(breaks, breakJson),
    fileHash: { ...fileHash, stored: stored && hexText(stored), computed: computed && hexText(computed) },
  };
}

function breakJson({ index, offset, previousOffset, stored, computed }: ChainBreak) {
  return { index, offset, previousOffset, stored: hexText(stored), computed: hexText(computed) };
}

/** JSON.stringify and console.log show a report with hashes as text, and the first 1,000 of its breaks. */
export const shownReport = shownAs("VerifyReport", plainReport);
