/** The script of a worker that hashes slabs, in Node, Bun and Deno. */
import { parentPort, workerData } from "node:worker_threads";
import { runSlabs } from "../verify/parallel/run-slabs.js";
import { slabReader } from "../verify/parallel/slab-reader.js";
import type { SlabTask } from "../verify/parallel/slab-task.js";

const task: SlabTask = workerData;
runSlabs(task, (message) => parentPort?.postMessage(message), task.file ? slabReader(task.file) : undefined);
