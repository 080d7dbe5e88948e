/** How long the operating system has kept the main thread waiting for a processor, because others were running. */
import { openSync, readSync } from "node:fs";
import { platform } from "node:os";

/** "run wait slices", the first two in nanoseconds; of the main thread, whoever reads it. */
const SCHEDULER_STATISTICS = "/proc/self/schedstat";

const file = platform() === "linux" ? openStatistics() : undefined;
const text = Buffer.alloc(128);

/** Whether this system tells; elsewhere nobody has waited. */
export const tellsWaiting = file !== undefined;

/** Seconds since the process began. */
export function secondsWaited(): number {
  if (file === undefined) return 0;
  const length = readSync(file, text, 0, text.length, 0);
  return Number(text.toString("latin1", 0, length).split(" ")[1]) / 1e9;
}

function openStatistics(): number | undefined {
  try {
    return openSync(SCHEDULER_STATISTICS, "r");
  } catch {
    return undefined;
  }
}
