/** One batch in a child process, watched from outside: a hang or a crash is a finding about the run that was under way. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Finding } from "./campaign.js";
import type { BatchMessage, BatchPlan } from "./plan.js";

const CHILD = fileURLToPath(new URL("./children/fuzz-batch.js", import.meta.url));
/** A run that is not over by then never will be. */
const HANG_MS = 20_000;
/** MiB; what no small capture may need, and the machine can spare. */
const HEAP_MIB = 512;

export interface BatchResult {
  readonly findings: readonly Finding[];
  /** Where to go on. */
  readonly next: number;
  /** Missing when the child did not come to its end. */
  readonly done?: Extract<BatchMessage, { kind: "done" }>;
}

/** `program`: what runs the batch, for tests of what it may do wrong. */
export function runBatch(plan: BatchPlan, program: string = CHILD): Promise<BatchResult> {
  return new Promise((resolve) => {
    const child = fork(program, [JSON.stringify(plan)], { execArgv: [`--max-old-space-size=${HEAP_MIB}`] });
    const findings: Finding[] = [];
    let underWay: number | undefined;
    let done: BatchResult["done"];
    let hung = false;
    const watch = setInterval(() => {
      hung = true;
      child.kill("SIGKILL");
    }, HANG_MS);
    child.on("message", (message: BatchMessage) => {
      watch.refresh();
      if (message.kind === "finding") findings.push(message.finding);
      else if (message.kind === "done") done = message;
      else underWay = message.run;
    });
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      // One that ends with a failure has not done what it said.
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
