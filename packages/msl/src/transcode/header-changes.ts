/** What is different about the header, and about the capture as a whole. */
import { codeName, HASH_ALGO, HeaderFlag } from "../format/codes.js";
import type { FileHeader } from "../format/file-header.js";
import type { Capture } from "../read/capture.js";
import { describeReport } from "../verify/describe.js";
import type { VerifyReport } from "../verify/report.js";
import { mended } from "./mended.js";
import type { Peer } from "./peers.js";
import type { TranscodeChange } from "./report.js";

/** `report`: of the source's hashes, if they were verified. */
export function captureChanges(
  capture: Capture,
  output: FileHeader,
  report: VerifyReport | undefined,
  peer: Peer | undefined,
): TranscodeChange[] {
  return [
    ...capture.deviations.map(mended),
    ...fieldChanges(capture.header, output),
    ...endChanges(capture),
    ...(report ? hashChanges(report) : []),
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
    if (was !== is) changes.push({ id: "flags", field: "flags", message: `${name} is ${is ? "set" : "clear"}` });
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

/** The output's hashes are right for the output. Whether the source's were right is worth keeping. */
function hashChanges(report: VerifyReport): TranscodeChange[] {
  const { anchor, breaks, fileHash, explanation, outcome } = report;
  const changes: TranscodeChange[] = [];
  const tell = (lint: TranscodeChange["lint"], message: string) =>
    changes.push({ id: "hash", ...(lint === undefined ? {} : { lint }), message });
  if (anchor === "zero") tell("INT-ANCHOR-ZERO", "PrevHash of block 0 was zero, and is the hash of the header");
  if (explanation) tell("INT-HEADER-EDITED", `The source's hashes hold only if ${explanation.variant.assumption}`);
  const broken = breaks.length - (anchor === "zero" ? 1 : 0);
  if (broken > 0) tell("INT-CHAIN", `${broken} links of the source's chain do not hold; those of the output cover what was read`);
  if (fileHash.status === "mismatch")
    tell("INT-FILEHASH", "The source's FileHash does not match its content; that of the output does");
  if (outcome === "altered")
    tell(undefined, "The source was ALTERED: the hashes of the output say nothing about its content before");
  return changes;
}

export function integrityOf(report: VerifyReport) {
  return { outcome: report.outcome, verdict: report.verdict, findings: describeReport(report) };
}
