/** The script of a worker that hashes slabs, in browsers: its first message is the task. */
import { runSlabs, type SlabTask } from "./slab-worker.js";

const start = ({ data: task }: MessageEvent<SlabTask>) => runSlabs(task, (message) => postMessage(message));
addEventListener("message", start, { once: true });
