/** What the process tells its caller by its exit status. */
import type { MslError, MslErrorCode, Outcome } from "@memslice/msl";

export const ExitStatus = { Done: 0, Finding: 1, Usage: 2, Unreadable: 3, Incomplete: 4, Interrupted: 130 } as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

const BY_OUTCOME: Record<Outcome, ExitStatus> = {
  intact: ExitStatus.Done,
  altered: ExitStatus.Finding,
  incomplete: ExitStatus.Incomplete,
};

const USAGE_CODES: ReadonlySet<MslErrorCode> = new Set<MslErrorCode>([
  "usage",
  "source",
  "sink",
  "no-such-block",
  "missing-key",
  "bad-key",
]);

export function statusOfOutcome(outcome: Outcome): ExitStatus {
  return BY_OUTCOME[outcome];
}

/** The capture was altered, or is not what it was said to be, as far as anyone can tell. */
const FINDING_CODES: ReadonlySet<MslErrorCode> = new Set<MslErrorCode>(["authentication-failed", "changed", "not-encrypted"]);

export function statusOfError(error: MslError): ExitStatus {
  if (error.code === "aborted") return ExitStatus.Interrupted;
  if (FINDING_CODES.has(error.code)) return ExitStatus.Finding;
  return USAGE_CODES.has(error.code) ? ExitStatus.Usage : ExitStatus.Unreadable;
}

/** From grave to fine: what one status says about several files. */
const GRAVITY: readonly ExitStatus[] = [
  ExitStatus.Interrupted,
  ExitStatus.Finding,
  ExitStatus.Unreadable,
  ExitStatus.Usage,
  ExitStatus.Incomplete,
  ExitStatus.Done,
];

export function gravest(a: ExitStatus, b: ExitStatus): ExitStatus {
  return GRAVITY.indexOf(a) <= GRAVITY.indexOf(b) ? a : b;
}
