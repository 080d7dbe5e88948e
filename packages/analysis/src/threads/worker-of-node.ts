/** `#looking-worker` in Node, Bun and Deno. */
import type { WorkerScript } from "@memslice/msl/work";
// biome-ignore lint/style/useNodejsImportProtocol: webpack recognises the workers of this module only under its name without a prefix.
import { Worker } from "worker_threads";

export const newLookingWorker: WorkerScript | undefined = () =>
  new Worker(new URL("./looking-worker-node.js", import.meta.url), {
    // Options on the command line of the process (--import, --inspect) are for its main thread.
    execArgv: [],
    // Bytes lie in buffers and in WebAssembly memory; the JavaScript heap of a worker holds the answers of a few windows.
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 },
  });
