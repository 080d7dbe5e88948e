/** Whether a report tells of a loss. */
import type { LintId } from "../deviations/catalogue.js";
import type { AddressDifference, ChangedBlock, LeftOut, LeftOutReason, TranscodeChange } from "./report.js";
import type { ReportList } from "./report-list.js";

/** Asked for, in another place of the output, or not part of the capture. */
const NO_LOSS: ReadonlySet<LeftOutReason> = new Set(["selection", "merged", "after-end"]);
const UNFINISHED: ReadonlySet<LintId> = new Set(["EOC-MISSING", "BLK-TRUNCATED", "BLK-FRAMING", "BLK-LENGTH"]);

interface Findings {
  readonly header: readonly TranscodeChange[];
  readonly blocks: ReportList<ChangedBlock>;
  readonly leftOut: ReportList<LeftOut>;
  readonly addresses: readonly AddressDifference[];
}

export function isComplete({ header, blocks, leftOut, addresses }: Findings): boolean {
  return (
    addresses.every(({ selection }) => selection === true) &&
    header.every(({ lint }) => lint === undefined || !UNFINISHED.has(lint)) &&
    !leftOut.lossy &&
    !blocks.lossy
  );
}

export function leavesOutEvidence({ reason }: LeftOut): boolean {
  return !NO_LOSS.has(reason);
}

export function losesEvidence({ changes }: ChangedBlock): boolean {
  return changes.some(isLoss);
}

/** Digests of another algorithm go because another was asked for. */
function isLoss({ id, lint }: TranscodeChange): boolean {
  return id === "pages-failed" || (id === "dropped" && lint !== "INT-ALGO-MIX");
}
