/**
 * `npm run fuzz -- [--seconds N] [--runs N] [--seed N] [--captures FOLDER] [--only RUN] [--memory MIB] [--dumps]`: reads mutated captures with
 * every reader; with `--dumps`, imports mutated dumps of other formats. Exit status: 0 every outcome is allowed, every kind and form was reached, and reading stays within its memory limit; 1
 * otherwise; 2 wrong usage.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bareNodePeak } from "../processes/peak-memory.js";
import { Campaign, type Finding } from "./campaign.js";
import { loadCorpus } from "./corpus.js";
import { runDumps } from "./dumps/run-dumps.js";
import { makeMutant } from "./mutant.js";
import { measureRun } from "./peak-of-run.js";
import type { HeavyRun } from "./plan.js";
import { runBatch } from "./run-batch.js";
import { describeCounts } from "./summary.js";
import { addCounts, noCounts, unreached } from "./tallies.js";

const SAMPLES = fileURLToPath(new URL("../../../../fixtures/captures", import.meta.url));
const BATCH_RUNS = 400;
const MEASURED_RUNS = 8;
const MIB = 1024 * 1024;
/** The folder for mutants with findings, in the folder in which the command was called. */
const KEPT = resolve(process.env["INIT_CWD"] ?? ".", "fuzz-findings");

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    runs: { type: "string" },
    seed: { type: "string", default: "1" },
    captures: { type: "string", default: SAMPLES },
    only: { type: "string" },
    memory: { type: "string" },
    dumps: { type: "boolean", default: false },
  },
});
const seed = wholeNumber("seed", values.seed);
const memory = values.memory === undefined ? undefined : wholeNumber("memory", values.memory) * MIB;
if (values.dumps) process.exit(await fuzzDumps());
const corpus = loadCorpus(resolve(process.env["INIT_CWD"] ?? ".", values.captures));
process.exitCode = values.only === undefined ? await runMany() : await runOne(wholeNumber("only", values.only));

/** Without --seconds and --runs: one minute. */
function fuzzDumps(): Promise<number> {
  const only = values.only === undefined ? undefined : wholeNumber("only", values.only);
  const runs = values.runs === undefined ? Number.MAX_SAFE_INTEGER : wholeNumber("runs", values.runs);
  const seconds =
    values.seconds === undefined ? (values.runs === undefined ? 60 : undefined) : wholeNumber("seconds", values.seconds);
  const deadline = seconds === undefined ? Number.MAX_SAFE_INTEGER : Date.now() + 1000 * seconds;
  return runDumps({ seed, first: only ?? 0, end: only === undefined ? runs : only + 1, deadline, memory, kept: KEPT }, print);
}

async function runOne(run: number): Promise<number> {
  const mutant = makeMutant(corpus, seed, run);
  const file = keep(mutant.bytes, run);
  print(
    `seed ${seed}, run ${run}: ${mutant.sample}: ${mutant.mutators.join(", ")}; ${mutant.bytes.length} bytes, kept as ${file}`,
  );
  const finding = await new Campaign(corpus, seed).run(run);
  print(finding ? finding.what : "Every outcome is allowed");
  return finding ? 1 : 0;
}

async function runMany(): Promise<number> {
  const end = values.runs === undefined ? Number.MAX_SAFE_INTEGER : wholeNumber("runs", values.runs);
  const seconds = values.seconds === undefined ? undefined : wholeNumber("seconds", values.seconds);
  const started = Date.now();
  // Without --seconds and --runs: one minute.
  const bound = seconds ?? (values.runs === undefined ? 60 : undefined);
  const deadline = bound === undefined ? Number.MAX_SAFE_INTEGER : started + 1000 * bound;
  const counts = noCounts();
  const heavy: HeavyRun[] = [];
  let findings = 0;
  let peak = 0;
  let next = 0;
  while (next < end && Date.now() < deadline) {
    const plan = { captures: resolve(process.env["INIT_CWD"] ?? ".", values.captures), seed, first: next, deadline };
    const batch = await runBatch({ ...plan, end: Math.min(end, next + BATCH_RUNS) });
    next = batch.next;
    findings += batch.findings.length;
    for (const finding of batch.findings) printFinding(finding);
    if (!batch.done) continue;
    addCounts(counts, batch.done.counts);
    heavy.push(...batch.done.heavy);
    peak = Math.max(peak, batch.done.peak);
  }
  const took = (Date.now() - started) / 1000;
  for (const line of describeCounts(counts)) print(line);
  const missing = unreached(await new Campaign(corpus, seed).reachable(), counts);
  if (missing.length > 0) print(`NEVER DECODED AFTER MUTATION: ${missing.join(", ")}`);
  const tooMuch = printPeaks(heavy, peak);
  print(`seed ${seed}: ${next} runs in ${took.toFixed(0)} s, ${findings} findings`);
  return findings + missing.length + tooMuch > 0 ? 1 : 0;
}

/** Measures the heaviest runs; returns how many exceed their memory limit. */
function printPeaks(heavy: readonly HeavyRun[], peak: number): number {
  const bare = bareNodePeak();
  let tooMuch = 0;
  print(`peak memory: bare Node ${mib(bare)} MiB; the largest batch ${mib(peak - bare)} MiB above it; reading single mutants:`);
  const heaviest = [...heavy].sort((a, b) => b.rise - a.rise).slice(0, MEASURED_RUNS);
  for (const { run } of heaviest) {
    const { bytes } = makeMutant(corpus, seed, run);
    const { needed, taken, allowed } = measureRun(bytes, bare, memory);
    if (needed > allowed) tooMuch++;
    const verdict = needed > allowed ? "NEEDS TOO MUCH:" : "needs";
    print(
      `  run ${run}, ${bytes.length} bytes: ${verdict} ${mib(needed)} of ${mib(allowed)} MiB; takes ${mib(taken)} MiB if let`,
    );
  }
  return tooMuch;
}

function printFinding({ run, origin, what }: Finding): void {
  const file = keep(makeMutant(corpus, seed, run).bytes, run);
  print(`FINDING seed ${seed}, run ${run} (npm run fuzz -- --seed ${seed} --only ${run}); ${origin}; kept as ${file}\n${what}\n`);
}

function keep(bytes: Uint8Array, run: number): string {
  mkdirSync(KEPT, { recursive: true });
  const file = join(KEPT, `seed-${seed}-run-${run}.msl`);
  writeFileSync(file, bytes);
  return file;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`--${option} takes a whole number, not ${JSON.stringify(text)}\n`);
  process.exit(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
