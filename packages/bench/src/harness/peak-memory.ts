/** Peak resident memory of child processes, as the operating system counts it. */
import { numberPrintedBy } from "./child-process.js";

/** KiB; the last line that the child prints is the number. */
const REPORT = "process.stdout.write(String(process.resourceUsage().maxRSS))";

/** Peak of a Node process that does nothing, in bytes: the median of five. */
export function bareNodePeak(): number {
  const peaks = Array.from({ length: 5 }, () => peakOf(["-e", REPORT])).sort((a, b) => a - b);
  return peaks[2] ?? 0;
}

/** Peak of a Node process with these arguments, which must print its own `maxRSS` in KiB as last line; in bytes. */
export function peakOf(args: readonly string[]): number {
  return numberPrintedBy(args) * 1024;
}
