/** `npm run fuzz -- --dumps`: imports mutated dumps, prints what happened, and measures the memory of the runs that took longest. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bareNodePeak } from "../../processes/peak-memory.js";
import { measureRun } from "../peak-of-run.js";
import { DumpCampaign } from "./dump-campaign.js";
import { loadDumps } from "./mutate-dump.js";

const SAMPLES = fileURLToPath(new URL("../../../../../fixtures/dumps", import.meta.url));
const CHILD = fileURLToPath(new URL("../children/import-one.js", import.meta.url));
const MEASURED_RUNS = 4;
const MIB = 1024 * 1024;

export interface DumpRuns {
  readonly seed: number;
  /** The first run; `end` is the run after the last one. */
  readonly first: number;
  readonly end: number;
  /** No run starts after this time, in milliseconds since 1970. */
  readonly deadline: number;
  /** Bytes above bare Node and twice the size of the dump. */
  readonly memory: number | undefined;
  /** The folder for mutants with findings. */
  readonly kept: string;
}

/** Returns the exit status: 1 for a finding, or for a run that needs too much memory. */
export async function runDumps(
  { seed, first, end, deadline, memory, kept }: DumpRuns,
  print: (line: string) => void,
): Promise<number> {
  const corpus = loadDumps(SAMPLES);
  const campaign = new DumpCampaign(corpus, seed);
  const times: { readonly run: number; readonly took: number }[] = [];
  let findings = 0;
  let run = first;
  for (; run < end && Date.now() < deadline; run++) {
    const started = performance.now();
    const finding = await campaign.run(run);
    times.push({ run, took: performance.now() - started });
    if (!finding) continue;
    findings++;
    mkdirSync(kept, { recursive: true });
    const file = join(kept, `dump-seed-${seed}-run-${run}`);
    writeFileSync(file, corpus.mutant(seed, run).bytes);
    print(
      `FINDING seed ${seed}, run ${run} (npm run fuzz -- --dumps --seed ${seed} --only ${run}); ${finding.origin}; kept as ${file}\n${finding.what}\n`,
    );
  }
  for (const [outcome, times] of Object.entries(campaign.outcomes).sort()) print(`${outcome}: ${times}`);
  const bare = bareNodePeak();
  let tooMuch = 0;
  for (const { run: longest } of times.sort((a, b) => b.took - a.took).slice(0, MEASURED_RUNS)) {
    const { bytes } = corpus.mutant(seed, longest);
    const { needed, taken, allowed } = measureRun(bytes, bare, memory, CHILD);
    if (needed > allowed) tooMuch++;
    const verdict = needed > allowed ? "NEEDS TOO MUCH:" : "needs";
    print(
      `run ${longest}, ${bytes.length} bytes: ${verdict} ${mib(needed)} of ${mib(allowed)} MiB; takes ${mib(taken)} MiB if let`,
    );
  }
  print(`seed ${seed}: ${run - first} runs, ${findings} findings`);
  return findings + tooMuch > 0 ? 1 : 0;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
