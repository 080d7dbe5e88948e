/** Peak resident memory of this process, in bytes. */
import { readFileSync } from "node:fs";

/**
 * On Linux as the kernel tells of the process's memory. What `maxRSS` tells there begins with what the parent held when it forked: a child
 * of a large process seems to need nothing of its own.
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
