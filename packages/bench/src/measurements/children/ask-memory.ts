/**
 * Asks the memory of a capture, and prints the number of findings and its own peak memory. Arguments: path, `search` or `strings`, threads.
 * Throws an `Error` if not all memory was searched.
 */
import { search, strings, textPattern } from "@memslice/analysis";
import { openCapture } from "@memslice/msl";
import { ownPeakBytes } from "../../processes/own-peak.js";
import { NEEDLE } from "../workloads/haystack.js";

const [path = "", question, asked] = process.argv.slice(2);
const threads = Number(asked);
const capture = await openCapture(path);
const answers =
  question === "strings"
    ? strings(capture.memory, { minimum: 6, encodings: ["ascii"], threads })
    : search(capture.memory, [textPattern(NEEDLE)], { threads });
let found = 0;
for await (const batch of answers) found += batch.length;
await capture.close();
if (!answers.coverage.complete) throw new Error(`Of ${path}, only ${answers.coverage.searched} bytes were searched`);
process.stdout.write(`${found}\n${ownPeakBytes()}\n`);
