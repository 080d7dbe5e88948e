/** Imports one dump into nothing and prints the peak memory of this process. Argument: the file. */
import { importCapture } from "@memslice/convert";
import { MslError } from "@memslice/msl";
import { ownPeakBytes } from "../../processes/own-peak.js";

const discarding = { keepsBytes: false, write: () => undefined };

try {
  await importCapture(process.argv[2] ?? "", discarding);
} catch (error) {
  // A refusal is an allowed answer.
  if (!(error instanceof MslError)) throw error;
}
process.stdout.write(`${ownPeakBytes()}\n`);
