/** Stands in for workers in workerd, which has none. */
import type { ThreadTask } from "./thread-task.js";
import type { RunningThread, ThreadListener } from "./threads.js";

/** Threads that can work at the same time; 0 where there are none. */
export function availableThreads(): number {
  return 0;
}

export function startThread(_task: ThreadTask, _listener: ThreadListener): RunningThread {
  throw new TypeError("This runtime has no threads");
}
