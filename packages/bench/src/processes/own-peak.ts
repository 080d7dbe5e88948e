/** Peak resident memory of this process, in bytes. */
import { readFileSync } from "node:fs";

/**
 * On Linux, reads VmHWM: `maxRSS` starts there with the memory that the parent had at the fork, so that the child of a large process
 * would seem to need no memory of its own.
 */
export function ownPeakBytes(): number {
  const kib = process.platform === "linux" ? highWaterKib() : undefined;
  return (kib ?? process.resourceUsage().maxRSS) * 1024;
}

function highWaterKib(): number | undefined {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    return line ? Number(line[1]) : undefined;
  } catch {
    return undefined;
  }
}
