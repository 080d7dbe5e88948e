/** Reads one capture in every way and prints the peak memory of this process. Argument: file. */
import { readFileSync } from "node:fs";
import { consume } from "../fuzz/consume.js";
import { payloadLimitFor } from "../fuzz/payload-limit.js";

const bytes = new Uint8Array(readFileSync(process.argv[2] ?? ""));
await consume(bytes, { payloadLimit: payloadLimitFor(bytes) });
process.stdout.write(`${process.resourceUsage().maxRSS}\n`);
