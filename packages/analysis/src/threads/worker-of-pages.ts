/** `#looking-worker` in browsers. Bundlers recognise only an expression of this form. */
import type { WorkerScript } from "@memslice/msl/work";

export const newLookingWorker: WorkerScript | undefined = () =>
  new Worker(new URL("./looking-worker-web.js", import.meta.url), { type: "module" });
