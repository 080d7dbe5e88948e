/** Reads one capture with every reader and prints the peak memory of this process. Argument: the file. */
import { readFileSync } from "node:fs";
import { ownPeakBytes } from "../../processes/own-peak.js";
import { consume } from "../consume.js";

await consume(new Uint8Array(readFileSync(process.argv[2] ?? "")));
process.stdout.write(`${ownPeakBytes()}\n`);
