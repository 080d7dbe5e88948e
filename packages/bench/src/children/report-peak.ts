/** To be given to Node by `--import`: the process prints its peak memory in KiB as its last line. */
import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

if (isMainThread) process.on("exit", () => writeSync(1, `\n${process.resourceUsage().maxRSS}\n`));
