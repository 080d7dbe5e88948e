/** The script of a worker that decompresses, in Node, Bun and Deno. */
import { parentPort } from "node:worker_threads";
import { runDecompression } from "../codec/ahead/run-decompression.js";

runDecompression({
  tell: (message, transfer = []) => parentPort?.postMessage(message, transfer),
  listen: (listener) => parentPort?.on("message", listener),
});
