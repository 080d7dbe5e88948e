/** `#looking-worker` in Node, Bun and Deno. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { WorkerScript } from "@memslice/msl/work";
// biome-ignore lint/style/useNodejsImportProtocol: webpack recognises the workers of this module only under its name without a prefix.
import { Worker } from "worker_threads";
import type { YaraEngine } from "../yara/yara-engine.js";

/**
 * Bytes lie in buffers and in WebAssembly memory; the JavaScript heap of a worker holds the answers of a few windows. Deno counts compiled WebAssembly, too, and
 * ends a worker of 128 MiB that loads @virustotal/yara-x.
 */
const MOST_HEAP_MB = "Deno" in globalThis ? 1024 : 128;

/** Workers that load their modules, and wait for a task. */
const ahead: Worker[] = [];

export const newLookingWorker: WorkerScript | undefined = () => ahead.shift() ?? newWorker();

/** Starts workers that the next questions take. They do not keep the process alive. One that does not start is forgotten: the next one fails with the reason. */
export function startAhead(workers: number): void {
  while (ahead.length < workers) {
    const worker = newWorker();
    const forget = () => {
      const at = ahead.indexOf(worker);
      if (at >= 0) ahead.splice(at, 1);
    };
    worker.once("error", forget);
    worker.once("exit", forget);
    worker.unref();
    ahead.push(worker);
  }
}

function newWorker(): Worker {
  return new Worker(new URL("./looking-worker-node.js", import.meta.url), {
    // Options on the command line of the process (--import, --inspect) are for its main thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB, maxYoungGenerationSizeMb: 4 },
  });
}

/** The installed package; undefined if there is none. */
export async function yaraEngine(): Promise<YaraEngine | undefined> {
  let path: string;
  try {
    path = createRequire(import.meta.url).resolve("@virustotal/yara-x");
  } catch {
    return undefined;
  }
  const script = pathToFileURL(path);
  return { script: script.href, wasm: new Uint8Array(await readFile(new URL("yara_x_js_bg.wasm", script))) };
}
