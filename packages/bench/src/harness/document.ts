/** The machine-readable result of a run. */
import type { Environment } from "./environment.js";
import type { Finding } from "./findings.js";
import { SPREAD_LIMIT } from "./ratio.js";

export interface ScenarioRecord {
  readonly name: string;
  readonly summary: string;
  readonly findings: readonly Finding[];
}

/** Schema msl.bench/1. Times are seconds, with quartiles; ratios are a peer's time in times ours, with the 95 % interval of the median. */
export function benchDocument(environment: Environment, quick: boolean, scenarios: readonly ScenarioRecord[]) {
  return { schema: "msl.bench/1", environment, quick, spreadLimit: SPREAD_LIMIT, scenarios };
}
