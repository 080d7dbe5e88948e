/** Reads one capture in every way and prints the peak memory of this process. Argument: file. */
import { readFileSync } from "node:fs";
import { ownPeakBytes } from "../../processes/own-peak.js";
import { consume } from "../consume.js";

await consume(new Uint8Array(readFileSync(process.argv[2] ?? "")));
process.stdout.write(`${ownPeakBytes()}\n`);
