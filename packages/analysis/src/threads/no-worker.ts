/** `#looking-worker` in workerd, which has no workers. */
import type { WorkerScript } from "@memslice/msl/work";

export const newLookingWorker: WorkerScript | undefined = undefined;
