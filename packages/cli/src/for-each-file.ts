/** Runs one file after the other; a file that cannot be read does not keep the next from being looked at. */
import { type CaptureInput, MslError, shownAddress } from "@memslice/msl";
import type { Invocation } from "./command.js";
import { ExitStatus, gravest, statusOfError } from "./exit-status.js";
import { spoolLimit } from "./limit-option.js";
import { inputStream } from "./streams/input-stream.js";
import { Spool } from "./streams/spool.js";
import { byteText } from "./terminal/byte-text.js";

/** What a status says about one of several files. */
export type Outcomes = Partial<Record<ExitStatus, string>>;

const OUTCOMES: Outcomes = {
  [ExitStatus.Done]: "done",
  [ExitStatus.Finding]: "altered or not authenticated",
  [ExitStatus.Unreadable]: "not readable as MSL",
  [ExitStatus.Usage]: "not opened",
  [ExitStatus.Incomplete]: "incomplete",
};

/** `handle` gets the name that may be shown, and the operand itself: a URL may hold keys. */
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
    // Nobody would hear what is found in the others.
    if (!output.open) break;
    statuses.push(await statusOf(command, file, { output, handle }));
    if (statuses.at(-1) === ExitStatus.Interrupted) break;
  }
  if (files.length > 1 && output.format === "text") output.note(summary(statuses, files.length, { ...OUTCOMES, ...outcomes }));
  return statuses.reduce(gravest, statuses.length < files.length ? output.lossStatus : ExitStatus.Done);
}

/** `forEachFile` for work that reads at any offset: streams are kept in a temporary file meanwhile. */
export function forEachCapture(
  command: string,
  invocation: Invocation,
  handle: (file: string, input: CaptureInput) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  return forEachFile(command, invocation, (file, operand) =>
    withRandomAccess(operand, invocation, (input) => handle(file, input)),
  );
}

/** Calls `use` with what an operand names, in a form that can be read at any offset. */
export async function withRandomAccess<T>(
  file: string,
  { output, options, signal }: Invocation,
  use: (input: CaptureInput) => Promise<T>,
): Promise<T> {
  const limit = spoolLimit(options);
  const stream = await inputStream(file, signal);
  if (!stream) return use(file);
  const spool = await Spool.of(stream, limit, signal);
  output.note(`${file}: the stream of ${byteText(spool.size)} is kept in a temporary file, which goes at the end`);
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
    await output.failure(command, file, error);
    return statusOfError(error);
  }
}

/** "5 files: 3 intact, 1 altered, 1 incomplete". */
function summary(statuses: readonly ExitStatus[], files: number, outcomes: Outcomes): string {
  const numbers = new Map<string, number>();
  for (const status of statuses) {
    const outcome = outcomes[status];
    if (outcome !== undefined) numbers.set(outcome, (numbers.get(outcome) ?? 0) + 1);
  }
  const told = [...numbers.values()].reduce((sum, number) => sum + number, 0);
  if (told < files) numbers.set("not looked at", files - told);
  return `${files} files: ${[...numbers].map(([outcome, number]) => `${number} ${outcome}`).join(", ")}`;
}
