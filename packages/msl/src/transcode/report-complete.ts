/** Whether a report tells of a loss. */
import type { LintId } from "../lint/catalogue.js";
import type { LeftOutReason, TranscodeChange, TranscodeReport } from "./report.js";

/** Asked for, in another place of the output, or not part of the capture. */
const NO_LOSS: ReadonlySet<LeftOutReason> = new Set(["selection", "merged", "after-end"]);
const UNFINISHED: ReadonlySet<LintId> = new Set(["EOC-MISSING", "BLK-TRUNCATED", "BLK-FRAMING", "BLK-LENGTH"]);

type Findings = Pick<TranscodeReport, "header" | "blocks" | "leftOut" | "addresses">;

export function isComplete({ header, blocks, leftOut, addresses }: Findings): boolean {
  return (
    addresses.every(({ selection }) => selection === true) &&
    leftOut.every(({ reason }) => NO_LOSS.has(reason)) &&
    header.every(({ lint }) => lint === undefined || !UNFINISHED.has(lint)) &&
    blocks.every(({ changes }) => !changes.some(isLoss))
  );
}

/** Digests of another algorithm go because another was asked for. */
function isLoss({ id, lint }: TranscodeChange): boolean {
  return id === "pages-failed" || (id === "dropped" && lint !== "INT-ALGO-MIX");
}
