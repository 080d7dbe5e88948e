/** `#looking-worker` in browsers. Bundlers recognise only an expression of this form. */
import type { WorkerScript } from "@memslice/msl/work";
import type { YaraEngine } from "../yara/yara-engine.js";

export const newLookingWorker: WorkerScript | undefined = () =>
  new Worker(new URL("./looking-worker-web.js", import.meta.url), { type: "module" });

/** The program says where the package is. */
export async function yaraEngine(): Promise<YaraEngine | undefined> {
  return undefined;
}
