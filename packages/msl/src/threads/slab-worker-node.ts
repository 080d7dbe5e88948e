/** The script of a worker that hashes slabs, in Node, Bun and Deno. */
import { parentPort, workerData } from "node:worker_threads";
import { slabReader } from "./slab-reader.js";
import { runSlabs, type SlabTask } from "./slab-worker.js";

const task: SlabTask = workerData;
runSlabs(task, (message) => parentPort?.postMessage(message), task.file ? slabReader(task.file) : undefined);
