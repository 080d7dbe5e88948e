/**
 * Instructions that each kernel executes, by the difference of two processes: one runs it a few times, one some more. Flags keep the
 * engine from doing other things in between, or at another moment: the counts repeat to a fraction of a percent on any machine,
 * however busy. They say nothing about latencies, caches or branches.
 */
import { fileURLToPath } from "node:url";
import type { FigureFinding } from "../harness/findings.js";
import { KERNELS } from "../kernels/index.js";
import { instructionCounter } from "./counter.js";

const RUN_KERNELS = fileURLToPath(new URL("../children/run-kernels.js", import.meta.url));
/** WebAssembly is compiled once and well; JavaScript is not optimised; nothing runs in another thread. */
const SETTLED = ["--no-liftoff", "--no-opt", "--single-threaded", "--hash-seed=1", "--random-seed=1"];
/** Enough work that what processes do otherwise differently, about a million instructions, does not count. */
const INSTRUCTIONS_WANTED = 200e6;
const FIRST_RUNS = 8;
/** At a time; a difference that is smaller than what processes differ by anyway says little about how many runs it takes. */
const MOST_TIMES_MORE = 64;
/** What those are of the work. */
const REPEATS_WITHIN = 0.01;

export async function* countInstructions(folder: string): AsyncGenerator<FigureFinding> {
  const counter = instructionCounter();
  const countOf = (id: string, extraRuns: number) => counter.count([...SETTLED, RUN_KERNELS, folder, id, String(extraRuns)]);
  const without = countOf("none", 0);
  for (const { id, title, work } of KERNELS) {
    const perRun = instructionsPerRun((runs) => countOf(id, runs) - without);
    yield {
      kind: "figure",
      title: `${title}: instructions, by ${counter.name}`,
      value: perRun / work.amount,
      unit: `instructions per ${work.unit.replace(/s$/, "")}`,
      repeatsWithin: REPEATS_WITHIN,
    };
  }
}

/** `count`: instructions of so many runs. */
function instructionsPerRun(count: (runs: number) => number): number {
  for (let runs = FIRST_RUNS; ; ) {
    const counted = count(runs);
    if (counted >= INSTRUCTIONS_WANTED) return counted / runs;
    const timesMore = Math.ceil((1.5 * INSTRUCTIONS_WANTED) / Math.max(1, counted));
    runs *= Math.min(Math.max(2, timesMore), MOST_TIMES_MORE);
  }
}
