/** Runs a command for one file after the other. An error of one file does not keep the command from examining the next one. */
import { type CaptureInput, MslError, shownAddress } from "@memslice/msl";
import type { Invocation } from "./command.js";
import { ExitStatus, gravest, statusOfError } from "./exit-status.js";
import { spoolLimit } from "./limit-option.js";
import { fileWatch } from "./streams/file-watch.js";
import { inputStream } from "./streams/input-stream.js";
import { Spool } from "./streams/spool.js";
import { byteText } from "./terminal/quantity-text.js";

/** The word for each status in the summary of several files. */
export type Outcomes = Partial<Record<ExitStatus, string>>;

const OUTCOMES: Outcomes = {
  [ExitStatus.Done]: "done",
  [ExitStatus.Finding]: "altered or not authenticated",
  [ExitStatus.Unreadable]: "not readable as MSL",
  [ExitStatus.Usage]: "not opened",
  [ExitStatus.NotPermitted]: "not permitted",
  [ExitStatus.Incomplete]: "incomplete",
};

/**
 * Calls `handle` for each file, and returns the gravest of its statuses. `handle` gets the name for messages and reports, and the operand
 * itself: the operand may be a URL with a password or a signature, which must not be printed.
 */
export async function forEachFile(
  command: string,
  { files, output }: Invocation,
  handle: (file: string, operand: string) => Promise<ExitStatus>,
  outcomes: Outcomes = {},
): Promise<ExitStatus> {
  if (files.length === 0) throw new MslError("usage", `msl ${command} needs a file; see: msl help ${command}`);
  if (output.format === "json" && files.length > 1) {
    throw new MslError("usage", "--json prints one document for one file; use --ndjson for several files");
  }
  const statuses: ExitStatus[] = [];
  for (const file of files) {
    // Standard output is closed: the result of a further file could not be printed.
    if (!output.open) break;
    statuses.push(await statusOf(command, file, { output, handle }));
    if (statuses.at(-1) === ExitStatus.Interrupted) break;
  }
  if (files.length > 1 && output.format === "text") output.note(summary(statuses, files.length, { ...OUTCOMES, ...outcomes }));
  return statuses.reduce(gravest, statuses.length < files.length ? output.lossStatus : ExitStatus.Done);
}

/** `forEachFile` for commands that need random access: a stream is copied to a temporary file first. */
export function forEachCapture(
  command: string,
  invocation: Invocation,
  handle: (file: string, input: CaptureInput) => Promise<ExitStatus>,
  outcomes: Outcomes = {},
): Promise<ExitStatus> {
  return forEachFile(
    command,
    invocation,
    (file, operand) => withRandomAccess(operand, invocation, (input) => handle(file, input)),
    outcomes,
  );
}

/**
 * Calls `use` with the input that an operand names, and gives random access to it: a stream is copied to a temporary file first. Throws what `use` throws, and
 * `changed` if somebody wrote to the file meanwhile.
 */
export async function withRandomAccess<T>(
  file: string,
  { output, options, signal }: Invocation,
  use: (input: CaptureInput) => Promise<T>,
): Promise<T> {
  const limit = spoolLimit(options);
  const stream = await inputStream(file, signal);
  if (!stream) return output.whileUnchanged(await fileWatch(file), () => use(file));
  const spool = await Spool.of(stream, limit, signal);
  output.note(`${file}: the stream of ${byteText(spool.size)} is kept in a temporary file, which is removed at the end`);
  try {
    return await use(spool);
  } finally {
    await spool.remove();
  }
}

async function statusOf(
  command: string,
  operand: string,
  { output, handle }: Pick<Invocation, "output"> & { readonly handle: (file: string, operand: string) => Promise<ExitStatus> },
): Promise<ExitStatus> {
  const file = shownAddress(operand);
  try {
    return await handle(file, operand);
  } catch (error) {
    if (!(error instanceof MslError)) throw error;
    // As in workStatus of program.ts: the loss of standard output is no fault of the file.
    if (error.code === "sink" && !output.open) return output.lossStatus;
    await output.failure(command, file, error);
    return statusOfError(error);
  }
}

/** For example "5 files: 3 intact, 1 altered, 1 incomplete". Files without a status, or with one that has no word, were not examined. */
function summary(statuses: readonly ExitStatus[], files: number, outcomes: Outcomes): string {
  const numbers = new Map<string, number>();
  for (const status of statuses) {
    const outcome = outcomes[status];
    if (outcome !== undefined) numbers.set(outcome, (numbers.get(outcome) ?? 0) + 1);
  }
  const counted = [...numbers.values()].reduce((sum, number) => sum + number, 0);
  if (counted < files) numbers.set("not examined", files - counted);
  return `${files} files: ${[...numbers].map(([outcome, number]) => `${number} ${outcome}`).join(", ")}`;
}
