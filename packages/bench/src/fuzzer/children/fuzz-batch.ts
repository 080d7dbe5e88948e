/** Runs a batch of mutated captures. Argument: a BatchPlan as JSON. */
import { Campaign } from "../campaign.js";
import { loadCorpus } from "../corpus.js";
import { reportRuns } from "../report-runs.js";

await reportRuns(({ captures, seed }) => new Campaign(loadCorpus(captures), seed));
