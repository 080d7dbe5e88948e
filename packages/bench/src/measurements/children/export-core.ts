/** Exports a capture as an ELF core, and prints as a line of JSON: the seconds of the export, 0 seconds of hashing, and its peak memory. Arguments: capture, output. */
import { exportElfCore } from "@memslice/convert";
import { fileSink, openCapture } from "@memslice/msl";
import { ownPeakBytes } from "../../processes/own-peak.js";

const [file = "", output = ""] = process.argv.slice(2);
const started = performance.now();
const capture = await openCapture(file);
await exportElfCore(capture, await fileSink(output, { overwrite: true, sync: "never" }));
await capture.close();
const seconds = (performance.now() - started) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, hashing: 0, peak: ownPeakBytes() })}\n`);
