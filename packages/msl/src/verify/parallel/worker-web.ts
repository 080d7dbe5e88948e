/** The script of a worker in browsers: its one message brings the task. */
import { runThread } from "./run-thread.js";
import type { ThreadMessage, ThreadTask } from "./thread-task.js";

addEventListener("message", ({ data }: MessageEvent<ThreadTask>) => {
  runThread(data, (message: ThreadMessage) => postMessage(message));
});
