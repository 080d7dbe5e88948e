/**
 * `npm run fuzz -- --dumps`: imports mutated dumps in batches, each in a process of its own, so that a crash, a hang or a heap that is full is a finding about its run; prints what
 * happened, and measures the memory of the runs during which that of their process rose most.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bareNodePeak } from "../../processes/peak-memory.js";
import type { Finding } from "../campaign.js";
import { measureRun } from "../peak-of-run.js";
import type { HeavyRun } from "../plan.js";
import { runBatch } from "../run-batch.js";
import { count, type Tally } from "../tallies.js";
import type { DumpCounts } from "./dump-campaign.js";
import { loadDumps } from "./mutate-dump.js";

const SAMPLES = fileURLToPath(new URL("../../../../../fixtures/dumps", import.meta.url));
const BATCH = fileURLToPath(new URL("../children/fuzz-dumps-batch.js", import.meta.url));
const IMPORT_ONE = fileURLToPath(new URL("../children/import-one.js", import.meta.url));
const BATCH_RUNS = 400;
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
  /** The script that runs a batch; tests pass one that misbehaves. */
  readonly batch?: string;
}

/** Returns the exit status: 1 for a finding, or for a run that needs too much memory. */
export async function runDumps(
  { seed, first, end, deadline, memory, kept, batch = BATCH }: DumpRuns,
  print: (line: string) => void,
): Promise<number> {
  const corpus = loadDumps(SAMPLES);
  const outcomes: Tally = {};
  const heavy: HeavyRun[] = [];
  let findings = 0;
  let next = first;
  while (next < end && Date.now() < deadline) {
    const plan = { captures: SAMPLES, seed, first: next, end: Math.min(end, next + BATCH_RUNS), deadline };
    const { findings: found, next: after, done } = await runBatch<DumpCounts>(plan, batch);
    next = after;
    findings += found.length;
    for (const finding of found) print(findingText(finding, keep(corpus.mutant(seed, finding.run).bytes, finding, kept)));
    for (const [outcome, times] of Object.entries(done?.counts.outcomes ?? {})) count(outcomes, outcome, times);
    heavy.push(...(done?.heavy ?? []));
  }
  for (const [outcome, times] of Object.entries(outcomes).sort()) print(`${outcome}: ${times}`);
  const bare = bareNodePeak();
  let tooMuch = 0;
  for (const { run } of heavy.sort((a, b) => b.rise - a.rise).slice(0, MEASURED_RUNS)) {
    const { bytes } = corpus.mutant(seed, run);
    const { needed, taken, allowed } = measureRun(bytes, bare, memory, IMPORT_ONE);
    if (needed > allowed) tooMuch++;
    const verdict = needed > allowed ? "NEEDS TOO MUCH:" : "needs";
    print(`run ${run}, ${bytes.length} bytes: ${verdict} ${mib(needed)} of ${mib(allowed)} MiB; takes ${mib(taken)} MiB if let`);
  }
  print(`seed ${seed}: ${next - first} runs, ${findings} findings`);
  return findings + tooMuch > 0 ? 1 : 0;
}

function findingText({ seed, run, origin, what }: Finding, file: string): string {
  return `FINDING seed ${seed}, run ${run} (npm run fuzz -- --dumps --seed ${seed} --only ${run}); ${origin}; kept as ${file}\n${what}\n`;
}

function keep(bytes: Uint8Array, { seed, run }: Finding, kept: string): string {
  mkdirSync(kept, { recursive: true });
  const file = join(kept, `dump-seed-${seed}-run-${run}`);
  writeFileSync(file, bytes);
  return file;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
