/** The script of a worker in browsers: its first message brings the task. Imports are static, as bundlers want those of workers. */
import { runSlabs } from "../verify/parallel/run-slabs.js";
import type { SlabTask } from "../verify/parallel/slab-task.js";
import type { CompressionTask } from "../write/parallel/compression-task.js";
import { runCompression } from "../write/parallel/run-compression.js";
import type { StartingThread } from "./threads.js";

const starter: StartingThread = {
  tell: (message, transfer = []) => postMessage(message, { transfer: [...transfer] }),
  listen: (listener) => addEventListener("message", ({ data }) => listener(data)),
};

addEventListener(
  "message",
  ({ data: task }: MessageEvent<SlabTask | CompressionTask>) => {
    if (task.kind === "slabs") runSlabs(task, starter.tell);
    else runCompression(starter);
  },
  { once: true },
);
