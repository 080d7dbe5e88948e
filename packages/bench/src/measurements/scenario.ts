import type { Finding } from "./harness/findings.js";

export interface ScenarioOptions {
  /** Fewer rounds and no long work: a check that the scenario runs, with rough results. */
  readonly quick: boolean;
  /** Counts instructions instead of measuring time, in scenarios that support it. */
  readonly instructions?: boolean;
  /** A folder of captures; without it, a corpus is made. */
  readonly samples?: string | undefined;
  /** The part to run of a scenario that has parts. */
  readonly part?: string | undefined;
}

/** Yields each finding as soon as it is made. */
type Measuring = (options: ScenarioOptions) => AsyncIterable<Finding> | Iterable<Finding>;

/** One topic of measurement. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** The whole scenario, or its parts by name. Each part runs in a process of its own, so that no part disturbs the next one. */
  readonly run: Measuring | Readonly<Record<string, Measuring>>;
}

/** The names of the parts of a scenario, in the order of running; empty for a scenario that is measured as a whole. */
export function partsOf({ run }: Scenario): readonly string[] {
  return typeof run === "function" ? [] : Object.keys(run);
}
