/** Runs a batch in a child process and watches it: a hang or a crash is a finding about the current run. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Finding } from "./campaign.js";
import type { BatchMessage, BatchPlan } from "./plan.js";
import type { Counts } from "./tallies.js";

const CHILD = fileURLToPath(new URL("./children/fuzz-batch.js", import.meta.url));
/** A run that takes longer counts as hanging. */
const HANG_MS = 20_000;
/** Heap limit of the child in MiB: more than any small capture may need, and little enough for the machine. */
const HEAP_MIB = 512;

export interface BatchResult<Reached> {
  readonly findings: readonly Finding[];
  /** The next run to start. */
  readonly next: number;
  /** Missing if the child did not finish. */
  readonly done?: Extract<BatchMessage<Reached>, { kind: "done" }>;
}

/** `program`: the script that runs the batch, by default that of captures; tests pass one that misbehaves. */
export function runBatch<Reached = Counts>(plan: BatchPlan, program: string = CHILD): Promise<BatchResult<Reached>> {
  return new Promise((resolve) => {
    const child = fork(program, [JSON.stringify(plan)], { execArgv: [`--max-old-space-size=${HEAP_MIB}`] });
    const findings: Finding[] = [];
    let underWay: number | undefined;
    let done: BatchResult<Reached>["done"];
    let hung = false;
    const watch = setInterval(() => {
      hung = true;
      child.kill("SIGKILL");
    }, HANG_MS);
    child.on("message", (message: BatchMessage<Reached>) => {
      watch.refresh();
      if (message.kind === "finding") findings.push(message.finding);
      else if (message.kind === "done") done = message;
      else underWay = message.run;
    });
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      // A process that ends with a failure has not finished, even if it has reported "done".
      if (done && code === 0) return resolve({ findings, next: done.next, done });
      const run = underWay ?? plan.first;
      const what = hung
        ? `The run did not end within ${HANG_MS / 1000} s`
        : `The process died: ${signal ?? `exit status ${code}`}`;
      findings.push({ seed: plan.seed, run, origin: "the run under way", what });
      resolve({ findings, next: done?.next ?? run + 1 });
    });
  });
}
