/** `#looking-worker` in workerd, which has no workers. */
import type { WorkerScript } from "@memslice/msl/work";
import type { YaraEngine } from "../yara/yara-engine.js";

export const newLookingWorker: WorkerScript | undefined = undefined;

/** There are no workers. */
export function startAhead(_workers: number): void {}

/** The program says where the package is. */
export async function yaraEngine(): Promise<YaraEngine | undefined> {
  return undefined;
}
