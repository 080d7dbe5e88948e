/** The machine-readable result of a run; docs/json/bench.schema.json describes it. */
import type { Environment } from "./environment.js";
import type { Finding } from "./findings.js";
import { SPREAD_LIMIT } from "./statistics.js";

export interface ScenarioRecord {
  readonly name: string;
  readonly summary: string;
  readonly findings: readonly Finding[];
  /** Peak resident memory, in bytes, of the process that ran the scenario. */
  readonly peakBytes: number;
}

/** Times are seconds, with quartiles. A ratio is the peer's time divided by ours, with the 95 % confidence interval of its median. */
export interface BenchDocument {
  readonly schema: "msl.bench/1";
  readonly environment: Environment;
  readonly quick: boolean;
  readonly spreadLimit: number;
  readonly scenarios: readonly ScenarioRecord[];
}

export function benchDocument(environment: Environment, quick: boolean, scenarios: readonly ScenarioRecord[]): BenchDocument {
  return { schema: "msl.bench/1", environment, quick, spreadLimit: SPREAD_LIMIT, scenarios };
}
