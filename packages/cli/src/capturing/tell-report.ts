/** Where the report of captures goes: the case log, other files, standard output and the exit status. What cannot be written hides nothing of the rest. */
import { MslError } from "@memslice/msl";
import type { Invocation } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import { safeText } from "../terminal/safe-text.js";
import type { CaseLog } from "./case-log.js";

/** Whether a file could be saved. One that fails at the end, such as on a full disk, is said, and hides neither the report nor the error. */
export async function saved(save: () => Promise<void> | undefined): Promise<boolean> {
  try {
    await save();
    return true;
  } catch (error) {
    if (!(error instanceof MslError)) throw error;
    process.stderr.write(`msl: ${safeText(error.message)}\n`);
    return false;
  }
}

/** Whether the log, if there is one, has the document. */
export function logged(log: CaseLog | undefined, document: object): Promise<boolean> {
  return saved(() => log?.append(document));
}

/** The report of several captures. */
interface SeveralReport {
  readonly document: object;
  readonly text: string;
  /** Whether it has everything that was asked for. */
  readonly isComplete: boolean;
}

/** Tells the report of several captures, also when the command was interrupted: what there is stays. */
export async function told(
  { document, text, isComplete }: SeveralReport,
  log: CaseLog | undefined,
  { output, signal }: Invocation,
): Promise<ExitStatus> {
  const isLogged = await logged(log, document);
  if (output.format === "json") await output.json(document, signal.aborted ? undefined : signal);
  else await output.write(text);
  if (signal.aborted) return ExitStatus.Interrupted;
  return isComplete && isLogged ? ExitStatus.Done : ExitStatus.Incomplete;
}
