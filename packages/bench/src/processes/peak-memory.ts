/** Peak resident memory of child processes, as the operating system counts it. */
import { numberPrintedBy } from "./child-process.js";

/** What own-peak.ts does, without a module to load. */
const REPORT = `
const { readFileSync } = require("node:fs");
const line = process.platform === "linux" && /^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
process.stdout.write(String((line ? Number(line[1]) : process.resourceUsage().maxRSS) * 1024));
`;

/** Peak of a Node process that does nothing, in bytes: the median of five. */
export function bareNodePeak(): number {
  const peaks = Array.from({ length: 5 }, () => peakOf(["-e", REPORT])).sort((a, b) => a - b);
  return peaks[2] ?? 0;
}

/** Peak of a Node process with these arguments, which must print its `ownPeakBytes` as last line. Throws like `numberPrintedBy`. */
export function peakOf(args: readonly string[], timeout?: number): number {
  return numberPrintedBy(args, timeout);
}
