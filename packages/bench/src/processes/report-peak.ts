/** Passed to Node with `--import`: the process prints its peak memory in bytes as its last line. */
import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { ownPeakBytes } from "./own-peak.js";

if (isMainThread) process.on("exit", () => writeSync(1, `\n${ownPeakBytes()}\n`));
