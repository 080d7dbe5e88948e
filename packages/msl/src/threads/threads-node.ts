/** Workers of Node, Bun and Deno. */
import { availableParallelism } from "node:os";
// biome-ignore lint/style/useNodejsImportProtocol: webpack recognises the workers of this module only under its name without a prefix.
import { Worker, type WorkerOptions } from "worker_threads";
import type { Crash, NewWorker, RunningThread, StartedWorker, ThreadListener, ThreadTask, WorkerScript } from "./threads.js";

/** Threads that can work at the same time; 0 where there are none. */
export function availableThreads(_over: { readonly sharedMemory: boolean }): number {
  return availableParallelism();
}

/** `script`: the script to run, in place of those of this package. */
export function startThread<Message>(
  task: ThreadTask,
  { onMessage, onCrash }: ThreadListener<Message>,
  script?: WorkerScript | NewWorker,
): RunningThread {
  const worker = startWorker(task, script);
  worker.on("message", onMessage);
  worker.on("error", (error) => onCrash(crashOf(error)));
  worker.on("exit", (code) => onCrash({ code: "worker-failed", message: `it ended with exit code ${code}` }));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    holdProcess: (hold) => (hold ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

function startWorker(task: ThreadTask, script: WorkerScript | NewWorker | undefined): Worker {
  if (typeof script === "function") {
    const worker = requireWorker(script(task));
    worker.postMessage(task);
    return worker;
  }
  const options: WorkerOptions = {
    workerData: task,
    // Options on the command line of the process (--import, --inspect) are for its main thread.
    execArgv: [],
    // Bytes lie in buffers and in WebAssembly memory; the JavaScript heap of a worker holds hardly any data.
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 },
  };
  return script === undefined ? startNamed(task, options) : new Worker(fileOf(script), options);
}

/** Bundlers recognise only expressions of this form. */
function startNamed({ kind }: ThreadTask, options: WorkerOptions): Worker {
  switch (kind) {
    case "hash":
      return new Worker(new URL("./hash-worker-node.js", import.meta.url), options);
    case "compression":
      return new Worker(new URL("./compression-worker-node.js", import.meta.url), options);
    case "decompression":
      return new Worker(new URL("./decompression-worker-node.js", import.meta.url), options);
    case "argon2":
      return new Worker(new URL("./argon2-worker-node.js", import.meta.url), options);
    case "digest":
      return new Worker(new URL("./digest-worker-node.js", import.meta.url), options);
    default:
      throw new TypeError(`This package has no script for a worker of the kind ${kind}`);
  }
}

/** Node takes URLs as objects only. */
function fileOf(script: string | URL): string | URL {
  return typeof script === "string" && /^(file|data):/.test(script) ? new URL(script) : script;
}

function requireWorker(started: StartedWorker): Worker {
  if (started instanceof Worker) return started;
  throw new TypeError(
    "the function passed as initialise({ worker }) returned something else than a Worker of node:worker_threads",
  );
}

/** Codes of Node for a script, or a module that it imports, that is not there. */
const NOT_FOUND: ReadonlySet<unknown> = new Set(["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"]);

function crashOf(error: Error): Crash {
  const isMissing = "code" in error && NOT_FOUND.has(error.code);
  return { code: isMissing ? "script-not-loaded" : "worker-failed", message: firstLine(error.message) };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
