/** The script of a worker that hashes slabs, in browsers: its first message is the task. */
import { runSlabs } from "../verify/parallel/run-slabs.js";
import type { SlabTask } from "../verify/parallel/slab-task.js";

const start = ({ data: task }: MessageEvent<SlabTask>) => runSlabs(task, (message) => postMessage(message));
addEventListener("message", start, { once: true });
