import type { Finding } from "./harness/findings.js";

export interface ScenarioOptions {
  /** Fewer rounds, and no work that takes long: to see whether it runs, and roughly where things stand. */
  readonly quick: boolean;
  /** Counts instructions where a scenario can. */
  readonly instructions?: boolean;
  /** A folder of captures; without one, a corpus is made. */
  readonly samples?: string | undefined;
}

/** One thing that is measured. Findings are given out as they are made. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  run(options: ScenarioOptions): AsyncIterable<Finding> | Iterable<Finding>;
}
