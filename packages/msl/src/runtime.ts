/** What the library needs of the runtime and of the program that contains it: WebAssembly, and the script of its workers. */
import { defaultCore } from "@memslice/core-wasm";
import { MslError } from "./errors.js";
import { callback, either, methods, tableOf, text } from "./options/checks.js";
import { requireOptions } from "./options/require-options.js";
import type { StartedWorker, WorkerScript } from "./threads/threads.js";

/** Compiles the core on first use, so that an error says before any work begins if the runtime forbids it. Throws `unsupported-runtime`. */
export function requireCore(): void {
  try {
    defaultCore();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // A TypeError of the core says by itself that the core cannot be compiled, and what to do.
    const message = cause instanceof TypeError ? reason : `The WebAssembly core cannot be started: ${reason}`;
    throw new MslError("unsupported-runtime", message, { cause });
  }
}

/** Options of `initialise`. */
export interface InitialiseOptions {
  /**
   * The script of every worker, for programs whose bundler does not emit the scripts of workers by itself (esbuild, Rollup, `bun build`, webpack for
   * Node): the address of `@memslice/msl/worker` as the bundler emitted it, or a function that starts it and returns the worker. In Node, an absolute
   * path, a file URL, or a Worker of `node:worker_threads`. Default: the scripts of the package.
   */
  readonly worker?: WorkerScript;
}

export const INITIALISE = tableOf<InitialiseOptions>("initialise")({
  worker: either(either(text, methods<URL>("a URL", "toString", "toJSON")), callback<() => StartedWorker>()),
});

let script: WorkerScript | undefined;

/** Sets the options for all workers that start later; an option that is left out gets its default. Throws `usage`. */
export function initialise(options: InitialiseOptions): void {
  requireOptions(INITIALISE, options);
  script = options.worker;
}

/** The script that the program has named; undefined for those of the package. */
export function workerScript(): WorkerScript | undefined {
  return script;
}
