/** What the process tells its caller by its exit status. */
import type { MslError, MslErrorCode, Outcome } from "@memslice/msl";

/** From `HungUp` on: 128 and the number of a signal, as shells show a process that a signal ended. */
export const ExitStatus = {
  Done: 0,
  Finding: 1,
  Usage: 2,
  Unreadable: 3,
  Incomplete: 4,
  HungUp: 129,
  Interrupted: 130,
  CutOff: 141,
  Terminated: 143,
} as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** What `msl help` says about exit statuses. */
export const EXIT_STATUS_HELP = `Exit status: 0 done, 1 altered or found what the command looks for, 2 wrong usage, or a file that cannot be opened or written,
3 not readable as MSL, 4 incomplete, 130 interrupted (129 and 143: by SIGHUP and SIGTERM),
141 standard output was closed before all was done, and what was done is fine.
Of several files, the gravest counts: 1, then 141, 3, 2, 4, 0.`;

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

/**
 * From grave to fine: what one status says about several files. Only a capture that was altered is graver than captures that nobody
 * looked at.
 */
const GRAVITY: readonly ExitStatus[] = [
  ExitStatus.Terminated,
  ExitStatus.HungUp,
  ExitStatus.Interrupted,
  ExitStatus.Finding,
  ExitStatus.CutOff,
  ExitStatus.Unreadable,
  ExitStatus.Usage,
  ExitStatus.Incomplete,
  ExitStatus.Done,
];

export function gravest(a: ExitStatus, b: ExitStatus): ExitStatus {
  return GRAVITY.indexOf(a) <= GRAVITY.indexOf(b) ? a : b;
}
