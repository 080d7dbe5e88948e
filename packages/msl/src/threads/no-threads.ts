/** `#threads` in workerd, which has no workers; and `#compression-worker` where `#threads` starts all kinds of workers, or none. */
import type { NewWorker, RunningThread, ThreadListener, ThreadTask, WorkerScript } from "./threads.js";

/** Threads that can work at the same time; 0 where there are none. */
export function availableThreads(_over: { readonly sharedMemory: boolean }): number {
  return 0;
}

export function startThread<Message>(
  _task: ThreadTask,
  _listener: ThreadListener<Message>,
  _script?: WorkerScript | NewWorker,
): RunningThread {
  throw new TypeError("This runtime has no threads");
}

export const newCompressionWorker: NewWorker | undefined = undefined;
