/** In the child process of a batch: runs mutants, and reports each to the parent process. */
import { ownPeakBytes } from "../processes/own-peak.js";
import type { Finding } from "./campaign.js";
import type { BatchMessage, BatchPlan, HeavyRun } from "./plan.js";

const HEAVY_RUNS = 4;
/**
 * Number of runs until code is compiled and the heap has reached its size. The growth of memory in these runs is not due to their
 * mutants.
 */
const WARM_UP = 20;

/** Runs with one seed. */
interface RunnableCampaign<Reached> {
  readonly counts: Reached;
  run(run: number): Promise<Finding | undefined>;
}

/** Runs the plan that the process was started with. `make`: the campaign for it. */
export async function reportRuns<Reached>(make: (plan: BatchPlan) => RunnableCampaign<Reached>): Promise<void> {
  const plan = JSON.parse(process.argv[2] ?? "") as BatchPlan;
  const campaign = make(plan);
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
}

function tell<Reached>(message: BatchMessage<Reached>): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
