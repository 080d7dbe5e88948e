import type { Finding } from "./harness/findings.js";

export interface ScenarioOptions {
  /** Fewer rounds and no long work: a check that the scenario runs, with rough results. */
  readonly quick: boolean;
  /** Counts instructions instead of measuring time, in scenarios that support it. */
  readonly instructions?: boolean;
  /** A folder of captures; without it, a corpus is made. */
  readonly samples?: string | undefined;
}

/** One topic of measurement. `run` yields each finding as soon as it is made. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  run(options: ScenarioOptions): AsyncIterable<Finding> | Iterable<Finding>;
}
