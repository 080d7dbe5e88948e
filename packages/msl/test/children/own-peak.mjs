import { readFileSync } from "node:fs";

/** Peak resident memory of this process, in bytes. On Linux `maxRSS` begins with what the parent held when it forked. */
export function ownPeakBytes() {
  const line = process.platform === "linux" && /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return (line ? Number(line[1]) : process.resourceUsage().maxRSS) * 1024;
}
