/** The script of a worker in Node, Bun and Deno. What the other task needs is not loaded: every worker loads anew. */
import { parentPort, workerData } from "node:worker_threads";
import type { SlabTask } from "../verify/parallel/slab-task.js";
import type { CompressionTask } from "../write/parallel/compression-task.js";
import type { StartingThread } from "./threads.js";

const task: SlabTask | CompressionTask = workerData;
const starter: StartingThread = {
  tell: (message, transfer = []) => parentPort?.postMessage(message, transfer),
  listen: (listener) => parentPort?.on("message", listener),
};
if (task.kind === "slabs") {
  const [{ runSlabs }, { slabReader }] = await Promise.all([
    import("../verify/parallel/run-slabs.js"),
    import("../verify/parallel/slab-reader.js"),
  ]);
  runSlabs(task, starter.tell, task.file ? slabReader(task.file) : undefined);
} else {
  const { runCompression } = await import("../write/parallel/run-compression.js");
  runCompression(starter);
}
