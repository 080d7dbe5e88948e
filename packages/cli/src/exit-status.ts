/** The exit statuses of `msl`, and which outcome or error has which status. */
import type { MslError, MslErrorCode, Outcome } from "@memslice/msl";
import { isNotPermitted } from "./permission.js";

/** `HungUp` and the statuses behind it are 128 plus the number of a signal: shells report a process that a signal ended in this way. */
export const ExitStatus = {
  Done: 0,
  Finding: 1,
  Usage: 2,
  Unreadable: 3,
  Incomplete: 4,
  NotPermitted: 5,
  HungUp: 129,
  Interrupted: 130,
  CutOff: 141,
  Terminated: 143,
} as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** The paragraphs about exit statuses in `msl help`. */
export const EXIT_STATUS_HELP: readonly string[] = [
  "Exit status: 0 done or found, 1 altered, not authenticated, or not found, 2 wrong usage, or a file that cannot be opened or written, 3 not readable as MSL, 4 incomplete, 5 the user may not read a file or process, 130 interrupted (129 and 143: by SIGHUP and SIGTERM), 141 standard output was closed before everything was examined and printed, and no altered capture was found before.",
  "For several files, the status is the gravest one: 1, then 141, 3, 5, 2, 4, 0.",
];

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

/** Errors that say that a capture cannot be authenticated. */
const FINDING_CODES: ReadonlySet<MslErrorCode> = new Set<MslErrorCode>(["authentication-failed", "not-encrypted"]);

export function statusOfError(error: MslError): ExitStatus {
  if (error.code === "aborted") return ExitStatus.Interrupted;
  if (FINDING_CODES.has(error.code)) return ExitStatus.Finding;
  if (error.code === "not-permitted" || isNotPermitted(error)) return ExitStatus.NotPermitted;
  if (error.code === "hole" || error.code === "changed") return ExitStatus.Incomplete;
  return USAGE_CODES.has(error.code) ? ExitStatus.Usage : ExitStatus.Unreadable;
}

/**
 * The order in which statuses of several files are reduced to one, gravest first. `CutOff` means that files may not have been examined:
 * among the results of files, only an altered capture is graver.
 */
const GRAVITY: readonly ExitStatus[] = [
  ExitStatus.Terminated,
  ExitStatus.HungUp,
  ExitStatus.Interrupted,
  ExitStatus.Finding,
  ExitStatus.CutOff,
  ExitStatus.Unreadable,
  ExitStatus.NotPermitted,
  ExitStatus.Usage,
  ExitStatus.Incomplete,
  ExitStatus.Done,
];

export function gravest(a: ExitStatus, b: ExitStatus): ExitStatus {
  return GRAVITY.indexOf(a) <= GRAVITY.indexOf(b) ? a : b;
}
