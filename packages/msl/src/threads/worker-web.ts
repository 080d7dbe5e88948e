/** The code of every worker script in browsers. The build makes one script for each task: `serve(run)`, with the `run` of that task. */
import type { StartingThread, ThreadTask } from "./threads.js";

export function serve<Task extends ThreadTask>(run: (thread: StartingThread<Task>) => void): void {
  // The first message is the task.
  const start = ({ data: task }: MessageEvent<Task>) =>
    run({
      task,
      tell: (message, transfer = []) => postMessage(message, { transfer: [...transfer] }),
      listen: (listener) => addEventListener("message", ({ data }) => listener(data)),
    });
  addEventListener("message", start, { once: true });
}
