/** The differences between source and output, as the report tells them: of a block's header, of its payload, and of the capture as a whole. */
import { equalBytes } from "../bytes.js";
import type { LintId } from "../deviations/catalogue.js";
import type { Deviation } from "../deviations/deviation.js";
import { BlockFlag, BlockType, codeName, compressionOf, HASH_ALGO, HeaderFlag } from "../format/codes.js";
import type { FileHeader } from "../format/file-header.js";
import { NIL_UUID } from "../format/layout/uuid-text.js";
import type { Capture } from "../read/capture.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { TimeSlice } from "../source/time-slice.js";
import { describeReport } from "../verify/describe.js";
import type { VerifyReport } from "../verify/report.js";
import type { WrittenBlock } from "../write/block-emitter.js";
import type { TableKind } from "../write/block-kinds.js";
import type { Redaction } from "../write/table-payload.js";
import type { Identities } from "./identities.js";
import { mended, shownBytes } from "./mended.js";
import type { Peer } from "./options.js";
import type { TranscodeChange, TranscodeReport } from "./report.js";

/** The header of a block in the output. */
export interface WrittenHeader {
  readonly written: WrittenBlock;
  /** The parent in the output. */
  readonly parentUuid: string | undefined;
  /** Whether compressed bytes of the source were carried over unchanged. */
  readonly verbatim: boolean;
  readonly moved: boolean;
}

const RELATIONS = BlockFlag.HasChildren | BlockFlag.HasKeyHints | BlockFlag.Continuation;
/** Flags, and the bits of CompAlgo, whose changes are reported. */
const SHOWN_FLAGS = RELATIONS | BlockFlag.Compressed | (3 << 1);
const PLACES: Readonly<Record<number, LintId>> = {
  [BlockType.ImportProvenance]: "ORD-PROVENANCE",
  [BlockType.ProcessIdentity]: "ORD-IDENTITY",
  [BlockType.ModuleListIndex]: "ORD-MODLIST",
  [BlockType.SystemContext]: "ORD-SYSCTX",
};

const WHY_MOVED: Readonly<Record<number, string>> = {
  [BlockType.KeyHint]: "a Key Hint comes behind its region",
  [BlockType.ThreadContext]:
    "threads come before the regions, and before the modules of an encrypted capture of an unknown clock",
};

const NONE: readonly TranscodeChange[] = [];

/** The changes of a block's header: identity, parent, flags, compression and place. */
export function headerChanges(block: CaptureBlock, header: WrittenHeader, identities: Identities): readonly TranscodeChange[] {
  if (isSameHeader(block, header, identities)) return NONE;
  return [
    ...identities.change(block.index),
    ...parentChange(block, header, identities),
    ...flagsChange(block, header),
    ...compressionChange(block, header),
    ...movedChange(block, header),
    ...salvageChange(block),
  ];
}

/** Whether the header has no change to report, as in most blocks of most captures. */
function isSameHeader(block: CaptureBlock, header: WrittenHeader, identities: Identities): boolean {
  const { written, parentUuid = NIL_UUID, verbatim, moved } = header;
  return (
    !moved &&
    (block.flags & SHOWN_FLAGS) === (written.flags & SHOWN_FLAGS) &&
    ((written.flags & BlockFlag.Compressed) === 0 || verbatim) &&
    block.salvageEvidence === null &&
    identities.stays(block.index) &&
    parentUuid === identities.storedParentOf(block)
  );
}

function parentChange(block: CaptureBlock, { parentUuid = NIL_UUID }: WrittenHeader, identities: Identities): TranscodeChange[] {
  const stored = block.parentUuid;
  const known = stored === NIL_UUID ? -1 : identities.find(stored);
  const wanted = known < 0 ? stored : identities.uuidOf(known);
  if (parentUuid === stored) return [];
  if (parentUuid === wanted) return [{ id: "parent", field: "parentUuid", message: `ParentUUID ${stored} became ${parentUuid}` }];
  const lint: LintId =
    known < 0 && stored !== NIL_UUID
      ? "REF-DANGLING"
      : identities.parentOf(block.index) < 0 && known >= 0
        ? "REF-CYCLE"
        : "REF-PARENT";
  const now = parentUuid === NIL_UUID ? "there is none" : `it is ${parentUuid}`;
  return [{ id: "parent", lint, field: "parentUuid", message: `ParentUUID was ${stored}; in the output, ${now}` }];
}

function flagsChange(block: CaptureBlock, { written }: WrittenHeader): TranscodeChange[] {
  const before = block.flags & RELATIONS;
  const after = written.flags & RELATIONS;
  if (before === after) return [];
  const message = `Flags for children, key hints and continuation were ${flagsText(before)}, and are ${flagsText(after)}`;
  return [{ id: "flags", lint: "REF-FLAGS", field: "flags", message }];
}

function flagsText(flags: number): string {
  const names = (["HasChildren", "HasKeyHints", "Continuation"] as const).filter((name) => (flags & BlockFlag[name]) !== 0);
  return names.length === 0 ? "clear" : names.join(" and ");
}

function compressionChange(block: CaptureBlock, { written, verbatim }: WrittenHeader): TranscodeChange[] {
  const before = block.compression;
  const after = compressionOf(written.flags);
  if (before === after && (after === "none" || verbatim)) return [];
  const message =
    before === after
      ? `Compressed anew with ${after}: ${block.length} bytes became ${written.length}`
      : `${before} became ${after}`;
  return [{ id: "compression", field: "flags", message }];
}

function movedChange(block: CaptureBlock, { moved }: WrittenHeader): TranscodeChange[] {
  if (!moved) return [];
  const lint = PLACES[block.type];
  const why = lint === undefined ? WHY_MOVED[block.type] : "it has a place of its own";
  return [{ id: "moved", ...(lint === undefined ? {} : { lint }), message: `The block stands elsewhere: ${why}` }];
}

/** The output does not say which blocks were found by a search: the report does. */
function salvageChange({ salvageEvidence }: CaptureBlock): TranscodeChange[] {
  if (salvageEvidence === null) return [];
  const message = `The block was found by a search behind damage (evidence: ${salvageEvidence}); the output does not say so`;
  return [{ id: "salvaged", lint: "BLK-FRAMING", message }];
}

/** Deviations of compressed data, which the change of the compression reports. */
const OF_HEADER = new Set(["CMP-LZ4SHAPE"]);

/** The deviations of a block as changes. `redacted`: fields whose bytes the report does not repeat. */
export function deviationChanges(deviations: readonly Deviation[], redacted: readonly string[] = []): TranscodeChange[] {
  return deviations
    .filter(({ id }) => !OF_HEADER.has(id))
    .map((deviation) => {
      const { bytes: _, ...change } = mended(deviation);
      return redacted.includes(deviation.field ?? "") ? change : mended(deviation);
    });
}

/** The payload of a block before and after. */
export interface Payloads {
  readonly kind: TableKind;
  /** The decompressed payload of the source. */
  readonly read: Uint8Array;
  readonly encoded: Uint8Array;
  readonly deviations: readonly Deviation[];
  readonly redact: Redaction;
}

/** Payloads up to this size are compared at once. */
const COMPARED_AT_ONCE = 64 * 1024;

/** The changes of a payload. `others`: changes that were made on purpose. Bytes that differ for no other reason are a change of their own (`encoding`). */
export function payloadChanges(
  block: CaptureBlock,
  payloads: Payloads,
  others: readonly TranscodeChange[],
  signal: AbortSignal | undefined,
): readonly TranscodeChange[] | Promise<readonly TranscodeChange[]> {
  const { read, encoded, deviations } = payloads;
  if (deviations.length > 0 || others.length > 0) {
    const changes = toldChanges(block, payloads, others);
    if (changes.length > 0) return changes;
  }
  if (read === encoded) return NONE;
  if (Math.min(read.length, encoded.length) > COMPARED_AT_ONCE) return comparedInSlices(read, encoded, signal);
  return equalBytes(read, encoded) ? NONE : [encodingChange(read, encoded, differenceIn(read, encoded, 0, read.length))];
}

/** The changes that follow from deviations, and `others`. */
function toldChanges(
  block: CaptureBlock,
  { kind, read, deviations, redact }: Payloads,
  others: readonly TranscodeChange[],
): TranscodeChange[] {
  const base = block.compression === "none" ? block.payloadOffset : 0;
  // A change that was made because of a deviation says more than the deviation. LEN-EXTRA of the payload is about bytes behind it, which no such change concerns.
  const answered = new Set(others.map(({ lint }) => lint));
  const open = deviations.filter(({ id, field }) => !answered.has(id) || field === "payload");
  const told = deviationChanges(open, redact[kind]).map((change) => {
    if (change.lint !== "LEN-EXTRA" || change.field !== "payload" || change.offset === undefined) return change;
    return { ...change, ...shownBytes(read.subarray(change.offset - base)) };
  });
  return [...told, ...others];
}

function encodingChange(read: Uint8Array, encoded: Uint8Array, at: number): TranscodeChange {
  const message = `The payload of ${read.length} bytes takes ${encoded.length}, and differs from byte ${at} on: the same, stored as 1.1 stores it`;
  return { id: "encoding", message };
}

/** Bytes that are compared between two looks at the clock: a payload may have very many. */
const PIECE_BYTES = 64 * 1024;
const UNITS_PER_PIECE = 64;

async function comparedInSlices(
  read: Uint8Array,
  encoded: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<readonly TranscodeChange[]> {
  const slice = new TimeSlice(signal);
  const common = Math.min(read.length, encoded.length);
  for (let from = 0; from < common; from += PIECE_BYTES) {
    if (slice.isSpent(UNITS_PER_PIECE)) await slice.renew();
    const to = Math.min(from + PIECE_BYTES, common);
    const at = differenceIn(read, encoded, from, to);
    if (at < to) return [encodingChange(read, encoded, at)];
  }
  return read.length === encoded.length ? NONE : [encodingChange(read, encoded, common)];
}

/** The first place from `from` to `to` where the bytes differ, or where one of the arrays ends; `to` for equal bytes. */
function differenceIn(a: Uint8Array, b: Uint8Array, from: number, to: number): number {
  const end = Math.min(to, a.length, b.length);
  let at = from;
  while (at < end && a[at] === b[at]) at++;
  return at;
}

/**
 * What the report and the output say about the hashes of the source. The report of the verification is not kept: of a capture with many broken links it
 * takes most of a block's size for each block, and the writing pass needs memory of its own.
 */
export interface SourceIntegrity {
  readonly stated: NonNullable<TranscodeReport["source"]["integrity"]>;
  readonly firstBadBlock: VerifyReport["firstBadBlock"];
  readonly brokenLinks: number;
  /** What of the hashes is different in the output. */
  readonly changes: readonly TranscodeChange[];
}

export function integrityOf(report: VerifyReport): SourceIntegrity {
  const { outcome, verdict, firstBadBlock, breaks } = report;
  const stated = { outcome, verdict, findings: describeReport(report) };
  return { stated, firstBadBlock, brokenLinks: breaks.length, changes: hashChanges(report) };
}

/** The changes of the capture as a whole. `integrity`: of the source, if it was verified. */
export function captureChanges(
  capture: Capture,
  output: FileHeader,
  integrity: SourceIntegrity | undefined,
  peer: Peer | undefined,
): TranscodeChange[] {
  return [
    ...capture.deviations.map(mended),
    ...fieldChanges(capture.header, output),
    ...endChanges(capture),
    ...(integrity?.changes ?? []),
    ...(peer?.remarks ?? []).map((message): TranscodeChange => ({ id: "reader", message })),
  ];
}

function fieldChanges(before: FileHeader, after: FileHeader): TranscodeChange[] {
  const changes: TranscodeChange[] = [];
  if (before.dumpUuid !== after.dumpUuid) {
    const message = `DumpUUID ${before.dumpUuid} became ${after.dumpUuid}: it is not of version 4`;
    changes.push({ id: "uuid", lint: "UUID-VERSION", field: "dumpUuid", message });
  }
  if (before.hashAlgo !== after.hashAlgo) {
    const names = [before, after].map(({ hashAlgo }) => codeName(HASH_ALGO, hashAlgo));
    changes.push({ id: "hash", field: "hashAlgo", message: `Hashes are ${names[1]}, and were ${names[0]}` });
  }
  for (const name of ["Imported", "Investigation", "Encrypted", "Redacted"] as const) {
    const [was, is] = [before, after].map(({ flags }) => (flags & HeaderFlag[name]) !== 0);
    const message = `The header's flag ${name} is ${is ? "set, and was clear" : "clear, and was set"}`;
    if (was !== is) changes.push({ id: "flags", field: "flags", message });
  }
  if (before.blockCount !== after.blockCount) {
    const message = `BlockCount ${before.blockCount} became ${after.blockCount}`;
    changes.push({ id: "count", field: "blockCount", message });
  }
  return changes;
}

function endChanges({ dialect }: Capture): TranscodeChange[] {
  if (!dialect.enriched) return [];
  const message = "memslicer's enrichment tool had replaced the end of the capture, with hashes that match nothing";
  return [{ id: "mended", lint: "EOC-OVERLAY", message }];
}

/** The hashes of the output hold for the output; these changes say whether those of the source held. */
function hashChanges(report: VerifyReport): TranscodeChange[] {
  const { anchor, breaks, fileHash, explanation, outcome } = report;
  const changes: TranscodeChange[] = [];
  const tell = (lint: TranscodeChange["lint"], message: string) =>
    changes.push({ id: "hash", ...(lint === undefined ? {} : { lint }), message });
  if (anchor === "zero") tell("INT-ANCHOR-ZERO", "PrevHash of block 0 was zero, and is the hash of the header");
  if (explanation) tell("INT-HEADER-EDITED", `The source's hashes hold only if ${explanation.variant.assumption}`);
  const broken = breaks.length - (anchor === "zero" ? 1 : 0);
  if (broken > 0) tell("INT-CHAIN", `Broken links in the source's chain: ${broken}; those of the output cover what was read`);
  if (fileHash.status === "mismatch")
    tell("INT-FILEHASH", "The source's FileHash does not match its content; that of the output does");
  if (outcome === "altered")
    tell(undefined, "The source was ALTERED: the hashes of the output say nothing about its content before");
  return changes;
}
