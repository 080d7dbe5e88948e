/** Node processes as the thing that is timed, and what they tell of themselves. */
import { execFileSync } from "node:child_process";
import { quartiles } from "../measurements/harness/statistics.js";

/**
 * The last line that a Node process with these arguments prints, as a number. Throws an `Error` when it is none, and when the process does not end
 * within `timeout` milliseconds; it is killed then.
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

/** Seconds that a child measured and printed, in times of a bare Node process run just before: the median of `rounds` pairs. */
export function againstBareNode(child: readonly string[], rounds: number): number {
  const ratios = Array.from({ length: rounds }, () => {
    const bare = bareNodeSeconds();
    return numberPrintedBy(child) / bare;
  });
  return quartiles(ratios).median;
}
