import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Campaign, type Finding } from "../src/fuzzer/campaign.js";
import { loadCorpus } from "../src/fuzzer/corpus.js";
import { MUTATORS, makeMutant } from "../src/fuzzer/mutant.js";
import { unreached } from "../src/fuzzer/tallies.js";

const corpus = loadCorpus(fileURLToPath(new URL("../../../fixtures/captures", import.meta.url)));
const SEED = 11;
/** Enough runs to reach every decoder and every mutator, in ten to fifteen seconds. */
const RUNS = 1200;
/** On a busy machine, the runs take several times as long. */
const TIMEOUT_MS = 180_000;

describe("mutated captures", () => {
  it("mutants lead only to values, problems and MslError, and all readers agree", { timeout: TIMEOUT_MS }, async () => {
    const campaign = new Campaign(corpus, SEED);
    const findings: Finding[] = [];
    for (let run = 0; run < RUNS; run++) {
      const finding = await campaign.run(run);
      if (finding) findings.push(finding);
    }
    expect(findings).toEqual([]);
    expect(unreached(await campaign.reachable(), campaign.counts)).toEqual([]);
    expect(MUTATORS.map(({ name }) => name).filter((name) => !campaign.counts.mutator[name])).toEqual([]);
  });

  it("mutants are identical for the same seed and run, and differ for another seed", () => {
    for (let run = 0; run < 20; run++) {
      const mutant = Buffer.from(makeMutant(corpus, SEED, run).bytes);
      expect(mutant.equals(makeMutant(corpus, SEED, run).bytes)).toBe(true);
      expect(mutant.equals(makeMutant(corpus, SEED + 1, run).bytes)).toBe(false);
    }
  });
});
