/** `#looking-worker` in browsers. Bundlers recognise only an expression of this form. */
import type { WorkerScript } from "@memslice/msl/work";
import type { YaraEngine } from "../yara/yara-engine.js";

export const newLookingWorker: WorkerScript | undefined = () =>
  new Worker(new URL("./looking-worker-web.js", import.meta.url), { type: "module" });

/** The script of a page's worker is loaded over the network: it waits for a question. */
export function startAhead(_workers: number): void {}

/** The program says where the package is. */
export async function yaraEngine(): Promise<YaraEngine | undefined> {
  return undefined;
}
