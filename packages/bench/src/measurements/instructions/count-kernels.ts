/**
 * Counts the instructions that each kernel executes, as the difference between two processes: one runs the kernel a few times, the
 * other more often. Flags keep the engine from doing other work or changing its schedule, so that the counts repeat within a fraction
 * of a percent on any machine, however busy. They say nothing about latencies, caches or branches.
 */
import { fileURLToPath } from "node:url";
import type { FigureFinding } from "../harness/findings.js";
import { KERNELS } from "../kernels/index.js";
import { instructionCounter } from "./counter.js";

const RUN_KERNELS = fileURLToPath(new URL("../children/run-kernels.js", import.meta.url));
/** WebAssembly is compiled once, by the optimising compiler; JavaScript is not optimised; no other thread runs. */
const SETTLED = ["--no-liftoff", "--no-opt", "--single-threaded", "--hash-seed=1", "--random-seed=1"];
/** Two processes differ by about a million instructions for other reasons; this much work makes that difference negligible. */
const INSTRUCTIONS_WANTED = 200e6;
const FIRST_RUNS = 8;
/**
 * The largest factor from one number of runs to the next. A first count below the noise between processes says little about how many
 * runs are needed.
 */
const MOST_TIMES_MORE = 64;
/** The relative difference between two counts of the same build. */
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

/** `count`: the instructions of that number of runs. */
function instructionsPerRun(count: (runs: number) => number): number {
  for (let runs = FIRST_RUNS; ; ) {
    const counted = count(runs);
    if (counted >= INSTRUCTIONS_WANTED) return counted / runs;
    const timesMore = Math.ceil((1.5 * INSTRUCTIONS_WANTED) / Math.max(1, counted));
    runs *= Math.min(Math.max(2, timesMore), MOST_TIMES_MORE);
  }
}
