/** Runs one file after the other; a file that cannot be read does not keep the next from being looked at. */
import { MslError } from "@memslice/msl";
import type { Invocation } from "./command.js";
import { ExitStatus, gravest, statusOfError } from "./exit-status.js";

export async function forEachFile(
  command: string,
  { files, output }: Invocation,
  handle: (file: string) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  if (files.length === 0) throw new MslError("usage", `msl ${command} needs a file; see: msl help ${command}`);
  if (output.format === "json" && files.length > 1) {
    throw new MslError("usage", "--json prints one document for one file; use --ndjson for several files");
  }
  let status: ExitStatus = ExitStatus.Done;
  for (const file of files) {
    try {
      status = gravest(status, await handle(file));
    } catch (error) {
      if (!(error instanceof MslError)) throw error;
      await output.failure(command, file, error);
      status = gravest(status, statusOfError(error));
      if (status === ExitStatus.Interrupted) break;
    }
  }
  return status;
}
