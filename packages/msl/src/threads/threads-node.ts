/** Workers of Node, Bun and Deno. */
import { availableParallelism } from "node:os";
import { Worker, type WorkerOptions } from "node:worker_threads";
import type { NewWorker, RunningThread, ThreadListener, ThreadTask } from "./threads.js";

/** Threads that can work at the same time; 0 where there are none. */
export function availableThreads(_over: { readonly sharedMemory: boolean }): number {
  return availableParallelism();
}

/** `_newWorker` is for browsers. */
export function startThread<Message>(
  task: ThreadTask,
  { onMessage, onCrash }: ThreadListener<Message>,
  _newWorker?: NewWorker,
): RunningThread {
  const worker = startWorker(task, {
    workerData: task,
    // Options on the command line of the process (--import, --inspect) are for its main thread.
    execArgv: [],
    // Bytes lie in buffers and in WebAssembly memory; the JavaScript heap of a worker holds hardly any data.
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 },
  });
  worker.on("message", onMessage);
  worker.on("error", onCrash);
  worker.on("exit", onCrash);
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    holdProcess: (hold) => (hold ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

/** Bundlers recognise only expressions of this form. */
function startWorker({ kind }: ThreadTask, options: WorkerOptions): Worker {
  switch (kind) {
    case "hash":
      return new Worker(new URL("./hash-worker-node.js", import.meta.url), options);
    case "compression":
      return new Worker(new URL("./compression-worker-node.js", import.meta.url), options);
    case "decompression":
      return new Worker(new URL("./decompression-worker-node.js", import.meta.url), options);
    case "argon2":
      return new Worker(new URL("./argon2-worker-node.js", import.meta.url), options);
  }
}
