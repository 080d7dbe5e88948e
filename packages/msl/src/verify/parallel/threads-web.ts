/** Workers of browsers, on pages that may share memory (cross-origin isolated). */
import type { ThreadMessage, ThreadTask } from "./thread-task.js";
import type { RunningThread, ThreadListener } from "./threads.js";

/** Threads that can work at the same time; 0 where there are none. */
export function availableThreads(): number {
  const canShare = globalThis.crossOriginIsolated === true && typeof Worker === "function";
  return canShare ? navigator.hardwareConcurrency : 0;
}

export function startThread(task: ThreadTask, { onMessage, onCrash }: ThreadListener): RunningThread {
  const worker = new Worker(new URL("./worker-web.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<ThreadMessage>) => onMessage(data));
  worker.addEventListener("error", onCrash);
  worker.addEventListener("messageerror", onCrash);
  worker.postMessage(task);
  return { terminate: async () => worker.terminate() };
}
