/** Time until the core works, as a multiple of the time of a Node process that does nothing. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeCapture } from "../../../captures/capture-file.js";
import { againstBareNode } from "../../../processes/child-process.js";
import type { Bar, Finding } from "../../harness/findings.js";
import type { ScenarioOptions } from "../../scenario.js";
import { regionBlocks, syntheticCapture } from "../../workloads/synthetic-capture.js";

const STARTS: readonly { readonly title: string; readonly child: string; readonly bar?: Bar }[] = [
  { title: "compiling and instantiating core.wasm", child: "compile-core.js", bar: { atMost: 0.03 } },
  { title: "the first Core of a process", child: "start-core.js" },
];

export function* startUp({ quick }: ScenarioOptions): Generator<Finding> {
  for (const { title, child, bar } of STARTS) {
    const script = fileURLToPath(new URL(`../../children/${child}`, import.meta.url));
    yield {
      kind: "figure",
      title,
      value: againstBareNode([script], quick ? 5 : 21),
      unit: "of the time of a bare Node process",
      ...(bar && { bar }),
    };
  }
}

/** A process that starts two threads and verifies a capture. */
const START_WORKERS = fileURLToPath(new URL("../../children/start-workers.js", import.meta.url));
/** 2 MiB: enough to give each thread some work. */
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
