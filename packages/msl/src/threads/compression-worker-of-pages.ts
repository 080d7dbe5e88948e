/**
 * `#compression-worker` in browsers. Apart from `#threads`, which readers import: bundlers emit the script of every worker that a module names,
 * whether or not the module's code is used.
 */
import type { NewWorker } from "./threads.js";

export const newCompressionWorker: NewWorker | undefined = () =>
  new Worker(new URL("./compression-worker-web.js", import.meta.url), { type: "module" });
