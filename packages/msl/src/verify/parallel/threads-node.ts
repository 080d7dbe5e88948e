/** Workers of Node, Bun and Deno. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ThreadTask } from "./thread-task.js";
import type { RunningThread, ThreadListener } from "./threads.js";

/** Threads that can work at the same time; 0 where there are none. */
export function availableThreads(): number {
  return availableParallelism();
}

export function startThread(task: ThreadTask, { onMessage, onCrash }: ThreadListener): RunningThread {
  const worker = new Worker(new URL("./worker-node.js", import.meta.url), {
    workerData: task,
    // What the process was started with is for its main thread.
    execArgv: [],
    // A worker keeps next to nothing on its heap.
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 },
  });
  worker.on("message", onMessage);
  worker.on("error", onCrash);
  worker.on("exit", onCrash);
  return {
    terminate: async () => {
      await worker.terminate();
    },
  };
}
