/** Peak resident memory of child processes, as counted by the operating system. */
import { numberPrintedBy } from "./child-process.js";

/** The same as `ownPeakBytes` in own-peak.ts, without loading a module. */
const REPORT = `
const { readFileSync } = require("node:fs");
const line = process.platform === "linux" && /^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
process.stdout.write(String((line ? Number(line[1]) : process.resourceUsage().maxRSS) * 1024));
`;

/** Peak of a Node process that does nothing, in bytes: the median of five runs. */
export function bareNodePeak(): number {
  const peaks = Array.from({ length: 5 }, () => peakOf(["-e", REPORT])).sort((a, b) => a - b);
  return peaks[2] ?? 0;
}

/** Peak of a Node process with these arguments, whose last line of output must be its `ownPeakBytes`. Throws like `numberPrintedBy`. */
export function peakOf(args: readonly string[], timeout?: number): number {
  return numberPrintedBy(args, timeout);
}
