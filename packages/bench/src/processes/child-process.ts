/** Runs Node processes and reads the number that each prints. */
import { execFileSync } from "node:child_process";
import { quartiles } from "../measurements/harness/statistics.js";

/**
 * Returns the last line that a Node process with these arguments prints, as a number. Throws an `Error` if the line is no number, and
 * if the process does not end within `timeout` milliseconds, after which it is killed.
 */
export function numberPrintedBy(args: readonly string[], timeout?: number): number {
  const printed = execFileSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    timeout,
    killSignal: "SIGKILL",
  });
  const number = Number.parseFloat(printed.trim().split("\n").at(-1) ?? "");
  if (!Number.isFinite(number)) throw new Error(`${args.join(" ")} did not print a number as its last line`);
  return number;
}

/** Seconds from the start to the end of a Node process that does nothing. */
function bareNodeSeconds(): number {
  const start = process.hrtime.bigint();
  execFileSync(process.execPath, ["-e", "0"], { stdio: "ignore" });
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** The seconds that a child prints, divided by the time of a bare Node process run just before: the median of `rounds` pairs. */
export function againstBareNode(child: readonly string[], rounds: number): number {
  const ratios = Array.from({ length: rounds }, () => {
    const bare = bareNodeSeconds();
    return numberPrintedBy(child) / bare;
  });
  return quartiles(ratios).median;
}
