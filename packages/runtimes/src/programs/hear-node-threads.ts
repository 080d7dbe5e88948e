/** Observes the messages of threads in Node, Bun and Deno. */
import { Worker } from "node:worker_threads";
import { hearThrough } from "./hear-threads.js";

hearThrough(Worker.prototype, "on", (message) => message);
