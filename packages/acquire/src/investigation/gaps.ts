/** What of the host could not be read while an investigation was captured, by source and reason. */
import { MslError } from "@memslice/msl";
import { errnoOf } from "../proc/proc-file.js";

/** Things of one source that could not be read, for one reason. */
export interface InvestigationGap {
  /** The file or link, with `PID` and `FD` in place of numbers: `/proc/PID/fd`. */
  readonly source: string;
  /** The system's name of the reason, such as `EACCES`. */
  readonly reason: string;
  /** How many processes, descriptors or files. */
  readonly count: number;
}

/** Reasons why a file of a process is not there any more: it has ended, or closed the descriptor. */
const GONE: ReadonlySet<string> = new Set(["ENOENT", "ESRCH"]);

export class Gaps {
  readonly #counts = new Map<string, InvestigationGap>();

  /** Counts what could not be read, and returns whether it is there: what is gone is no gap. Throws errors that are not about reading a file. */
  add(source: string, cause: unknown): boolean {
    if (cause instanceof MslError && cause.code !== "source") throw cause;
    const reason = reasonOf(cause);
    if (GONE.has(reason)) return false;
    this.note(source, reason);
    return true;
  }

  note(source: string, reason: string): void {
    const key = `${source} ${reason}`;
    this.#counts.set(key, { source, reason, count: (this.#counts.get(key)?.count ?? 0) + 1 });
  }

  list(): InvestigationGap[] {
    return [...this.#counts.values()];
  }
}

/** The errno name of an error, or of the error that it was made from. */
function reasonOf(cause: unknown): string {
  const system = cause instanceof MslError ? cause.cause : cause;
  return errnoOf(system) ?? (system instanceof Error ? system.message : String(system));
}
