/** Starting two threads, in times of a Node process that does nothing. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { againstBareNode } from "../../harness/child-process.js";
import type { Finding } from "../../harness/findings.js";
import type { ScenarioOptions } from "../../scenario.js";
import { writeCapture } from "../../workloads/capture-file.js";
import { regionBlocks, syntheticCapture } from "../../workloads/synthetic-capture.js";

const START_WORKERS = fileURLToPath(new URL("../../children/start-workers.js", import.meta.url));
/** 2 MiB: enough that each thread has some of it. */
const SHAPE = { regions: 2, pagesPerRegion: 256 } as const;

export function* twoWorkers(folder: string, { quick }: ScenarioOptions): Generator<Finding> {
  const path = join(folder, "small.msl");
  writeCapture(path, syntheticCapture("regions", regionBlocks(SHAPE)), 2 ** 22);
  yield {
    kind: "figure",
    title: "starting two threads and verifying 2 MiB",
    value: againstBareNode([START_WORKERS, path], quick ? 5 : 21),
    unit: "of the time of a bare Node process",
    bar: { atMost: 1 },
  };
}
