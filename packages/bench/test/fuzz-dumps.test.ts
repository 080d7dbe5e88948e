import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Finding } from "../src/fuzzer/campaign.js";
import { DumpCampaign } from "../src/fuzzer/dumps/dump-campaign.js";
import { DUMP_MUTATORS, loadDumps } from "../src/fuzzer/dumps/mutate-dump.js";

const corpus = loadDumps(fileURLToPath(new URL("../../../fixtures/dumps", import.meta.url)));
const SEED = 11;
const RUNS = 300;
const TIMEOUT_MS = 180_000;

describe("mutated dumps", () => {
  it("lead only to intact captures and MslError, and captures keep their memory through exports", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const campaign = new DumpCampaign(corpus, SEED);
    const findings: Finding[] = [];
    for (let run = 0; run < RUNS; run++) {
      const finding = await campaign.run(run);
      if (finding) findings.push(finding);
    }
    expect(findings).toEqual([]);
    expect(DUMP_MUTATORS.filter((name) => !campaign.counts.mutators[name])).toEqual([]);
    for (const outcome of ["not-importable", "minidump", "minidump imported again", "elf-core imported again"])
      expect(campaign.counts.outcomes[outcome]).toBeGreaterThan(0);
  });

  it("are identical for the same seed and run, and differ for another seed", () => {
    for (let run = 0; run < 20; run++) {
      const mutant = Buffer.from(corpus.mutant(SEED, run).bytes);
      expect(mutant.equals(corpus.mutant(SEED, run).bytes)).toBe(true);
      expect(mutant.equals(corpus.mutant(SEED + 1, run).bytes)).toBe(false);
    }
  });
});
