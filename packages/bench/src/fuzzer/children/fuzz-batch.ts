/** Runs a batch of mutants and reports each to the parent process. Argument: a BatchPlan as JSON. */

import { ownPeakBytes } from "../../processes/own-peak.js";
import { Campaign } from "../campaign.js";
import { loadCorpus } from "../corpus.js";
import type { BatchMessage, BatchPlan, HeavyRun } from "../plan.js";

const HEAVY_RUNS = 4;
/**
 * Number of runs until code is compiled and the heap has reached its size. The growth of memory in these runs is not due to their
 * mutants.
 */
const WARM_UP = 20;

const plan = JSON.parse(process.argv[2] ?? "") as BatchPlan;
const campaign = new Campaign(loadCorpus(plan.captures), plan.seed);
const rises: HeavyRun[] = [];
let run = plan.first;
for (; run < plan.end && Date.now() < plan.deadline; run++) {
  await tell({ kind: "starting", run });
  const before = ownPeakBytes();
  const finding = await campaign.run(run);
  if (finding) await tell({ kind: "finding", finding });
  if (run >= plan.first + WARM_UP) rises.push({ run, rise: ownPeakBytes() - before });
}
const heavy = rises.sort((a, b) => b.rise - a.rise).slice(0, HEAVY_RUNS);
await tell({ kind: "done", next: run, counts: campaign.counts, heavy, peak: ownPeakBytes() });
process.disconnect();

function tell(message: BatchMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
