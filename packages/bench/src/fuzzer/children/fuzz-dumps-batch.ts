/** Runs a batch of mutated dumps. Argument: a BatchPlan as JSON. */
import { DumpCampaign } from "../dumps/dump-campaign.js";
import { loadDumps } from "../dumps/mutate-dump.js";
import { reportRuns } from "../report-runs.js";

await reportRuns(({ captures, seed }) => new DumpCampaign(loadDumps(captures), seed));
