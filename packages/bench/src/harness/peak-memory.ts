/** Peak resident memory of child processes, as the operating system counts it. */
import { execFileSync } from "node:child_process";

/** KiB; the last line that the child prints is the number. */
const REPORT = "process.stdout.write(String(process.resourceUsage().maxRSS))";

/** Peak of a Node process that does nothing, in bytes: the median of five. */
export function bareNodePeak(): number {
  const peaks = Array.from({ length: 5 }, () => peakOf(["-e", REPORT])).sort((a, b) => a - b);
  return peaks[2] ?? 0;
}

/** Peak of a Node process with these arguments, which must print its own `maxRSS` in KiB as last line; in bytes. */
export function peakOf(args: readonly string[]): number {
  const printed = execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const kib = Number(printed.trim().split("\n").at(-1));
  if (!Number.isFinite(kib)) throw new Error(`${args.join(" ")} did not print its peak memory`);
  return kib * 1024;
}
