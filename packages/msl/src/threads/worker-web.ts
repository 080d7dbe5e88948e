/** The code of every worker script in browsers. The build makes scripts of it: `serve`, with the main functions of one kind of task, or of all. */
import { type Runs, runTask, type ThreadTask } from "./threads.js";

export function serve(runs: Runs): void {
  // The first message is the task.
  const start = ({ data: task }: MessageEvent<ThreadTask>) =>
    runTask(runs, {
      task,
      tell: (message, transfer = []) => postMessage(message, { transfer: [...transfer] }),
      listen: (listener) => addEventListener("message", ({ data }) => listener(data)),
    });
  addEventListener("message", start, { once: true });
}
