/** Workers of browsers. */
import type { NewWorker, RunningThread, ThreadListener, ThreadTask } from "./threads.js";

/** Threads that can work at the same time; 0 where there are none. Only pages that are cross-origin isolated may share memory. */
export function availableThreads({ sharedMemory }: { readonly sharedMemory: boolean }): number {
  const canStart = typeof Worker === "function" && (!sharedMemory || globalThis.crossOriginIsolated === true);
  return canStart ? navigator.hardwareConcurrency : 0;
}

/** `newWorker`: makes the worker of a kind whose script this module does not name. */
export function startThread<Message>(
  task: ThreadTask,
  { onMessage, onCrash }: ThreadListener<Message>,
  newWorker: NewWorker = startWorker,
): RunningThread {
  const worker = newWorker(task);
  worker.addEventListener("message", ({ data }: MessageEvent<Message>) => onMessage(data));
  worker.addEventListener("error", onCrash);
  worker.addEventListener("messageerror", onCrash);
  worker.postMessage(task);
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    holdProcess: () => {},
    terminate: async () => worker.terminate(),
  };
}

/** Bundlers recognise only expressions of this form, and emit the script of each that they meet: a page that only reads does not compress. */
function startWorker({ kind }: ThreadTask): Worker {
  switch (kind) {
    case "hash":
      return new Worker(new URL("./hash-worker-web.js", import.meta.url), { type: "module" });
    case "decompression":
      return new Worker(new URL("./decompression-worker-web.js", import.meta.url), { type: "module" });
    case "argon2":
      return new Worker(new URL("./argon2-worker-web.js", import.meta.url), { type: "module" });
    case "compression":
      throw new TypeError("The script of this worker is named in compression-worker-of-pages.ts");
  }
}
