/** Whether a process can do something else while it verifies, and how soon it stops. */
import { fileURLToPath } from "node:url";
import { numberPrintedBy } from "../../../processes/child-process.js";
import type { Finding } from "../../harness/findings.js";

const CHILD = fileURLToPath(new URL("../../children/verify-responsively.js", import.meta.url));
const THREADS = [1, 2] as const;
const ABORT_AFTER_MS = 150;

/**
 * `path`: a capture of `label` bytes that takes longer than the abort. The least of so many `runs`: the operating system, too, makes a
 * process wait, but not at the same place each time.
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
