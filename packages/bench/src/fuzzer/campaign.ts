/** Runs with one seed, one after the other, in this process. */
import { createHash } from "node:crypto";
import { BLOCK, dissect, payloadOf } from "../captures/specimen.js";
import type { Corpus } from "./corpus.js";
import { exercise } from "./exercise.js";
import { makeMutant } from "./mutant.js";
import { type Counts, count, noCounts } from "./tallies.js";

/** An outcome that is not allowed; seed and run reproduce the case. */
export interface Finding {
  readonly seed: number;
  readonly run: number;
  /** Sample and mutators of the mutant. */
  readonly origin: string;
  /** The error, with its stack if it has one. */
  readonly what: string;
}

/** A run that takes longer is a finding: it hangs, or almost does. */
const SLOW_MS = 5000;

export class Campaign {
  readonly counts: Counts = noCounts();
  readonly #corpus: Corpus;
  readonly #seed: number;
  readonly #known: ReadonlySet<string>;

  constructor(corpus: Corpus, seed: number) {
    this.#corpus = corpus;
    this.#seed = seed;
    this.#known = new Set(corpus.samples.flatMap(({ bytes }) => dissect(bytes).blocks.map(identity)));
  }

  /** Exercises one mutant; returns a finding if the outcome is not an allowed one. */
  async run(run: number): Promise<Finding | undefined> {
    const seed = this.#seed;
    const { bytes, sample, mutators } = makeMutant(this.#corpus, seed, run);
    for (const name of mutators) count(this.counts.mutator, name);
    const origin = `${sample}: ${mutators.join(", ")}`;
    const started = performance.now();
    try {
      await exercise({ bytes, seed, run }, this.counts, (block) => !this.#known.has(identity(block)));
    } catch (error) {
      return { seed, run, origin, what: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    const took = performance.now() - started;
    return took > SLOW_MS ? { seed, run, origin, what: `The run took ${(took / 1000).toFixed(1)} s` } : undefined;
  }

  /** The kinds and forms that the unchanged samples reach. */
  async reachable(): Promise<Counts> {
    const counts = noCounts();
    for (const { bytes } of this.#corpus.samples) await exercise({ bytes, seed: this.#seed, run: 0 }, counts, () => true);
    return counts;
  }
}

/** A hash of the fields of a block that matter to a decoder: all but links and UUIDs. */
function identity(block: Uint8Array): string {
  return createHash("sha256").update(block.subarray(BLOCK.type, BLOCK.uuid)).update(payloadOf(block)).digest("base64");
}
