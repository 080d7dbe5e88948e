/** How long a verification blocks the event loop, and how soon it stops after an abort. */
import { fileURLToPath } from "node:url";
import { numberPrintedBy } from "../../../processes/child-process.js";
import type { Finding } from "../../harness/findings.js";

const CHILD = fileURLToPath(new URL("../../children/verify-responsively.js", import.meta.url));
const THREADS = [1, 2] as const;
const ABORT_AFTER_MS = 150;

/**
 * `path`: a capture of `label` bytes whose verification takes longer than the time until the abort. Reports the minimum over `runs`
 * runs: delays that the operating system causes do not occur at the same place in every run.
 */
export function* responsiveness(path: string, label: string, runs: number): Generator<Finding> {
  for (const threads of THREADS) {
    yield {
      kind: "figure",
      title: `longest wait of the event loop while ${label} are verified, threads ${threads}, least of ${runs} runs`,
      value: leastOf(runs, [CHILD, path, String(threads)]),
      unit: "ms",
      bar: { atMost: 20 },
    };
    yield {
      kind: "figure",
      title: `from the abort until all has ended, threads ${threads}, least of ${runs} runs`,
      value: leastOf(runs, [CHILD, path, String(threads), String(ABORT_AFTER_MS)]),
      unit: "ms",
      bar: { atMost: 50 },
    };
  }
}

function leastOf(runs: number, child: readonly string[]): number {
  return Math.min(...Array.from({ length: runs }, () => numberPrintedBy(child)));
}
