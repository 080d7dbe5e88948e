/** The script of a worker that compresses, in Node, Bun and Deno. */
import { parentPort } from "node:worker_threads";
import { runCompression } from "../write/parallel/run-compression.js";

runCompression({
  tell: (message, transfer = []) => parentPort?.postMessage(message, transfer),
  listen: (listener) => parentPort?.on("message", listener),
});
