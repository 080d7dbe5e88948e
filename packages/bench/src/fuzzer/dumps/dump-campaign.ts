/** Runs of mutated dumps with one seed. */
import type { Finding } from "../campaign.js";
import { count, type Tally } from "../tallies.js";
import { exerciseDump, type Outcomes } from "./exercise-dump.js";
import type { DumpCorpus } from "./mutate-dump.js";

/** A run that takes longer is a finding: it hangs, or almost does. */
const SLOW_MS = 10_000;

/** What runs have reached. */
export interface DumpCounts {
  readonly outcomes: Outcomes;
  readonly mutators: Tally;
}

export class DumpCampaign {
  readonly counts: DumpCounts = { outcomes: {}, mutators: {} };
  readonly #corpus: DumpCorpus;
  readonly #seed: number;

  constructor(corpus: DumpCorpus, seed: number) {
    this.#corpus = corpus;
    this.#seed = seed;
  }

  /** Exercises one mutant; returns a finding if the outcome is not an allowed one. */
  async run(run: number): Promise<Finding | undefined> {
    const { bytes, sample, mutators } = this.#corpus.mutant(this.#seed, run);
    for (const name of mutators) count(this.counts.mutators, name);
    const finding = (what: string) => ({ seed: this.#seed, run, origin: `${sample}: ${mutators.join(", ")}`, what });
    const started = performance.now();
    try {
      await exerciseDump(bytes, this.counts.outcomes);
    } catch (error) {
      return finding(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const took = performance.now() - started;
    return took > SLOW_MS ? finding(`The run took ${(took / 1000).toFixed(1)} s`) : undefined;
  }
}
