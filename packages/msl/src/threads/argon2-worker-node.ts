/** The script of a worker that derives a key, in Node, Bun and Deno. */
import { parentPort } from "node:worker_threads";
import { runDerivation } from "../encryption/argon2/run-derivation.js";

runDerivation({
  tell: (message, transfer = []) => parentPort?.postMessage(message, transfer),
  listen: (listener) => parentPort?.on("message", listener),
});
