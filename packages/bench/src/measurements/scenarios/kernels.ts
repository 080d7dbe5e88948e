/**
 * Kernels of the core next to peers, precise enough to reveal that a kernel has become slower. Each process times all kernels in short
 * rounds, and the ratio is the median over processes: the placement of code and memory, which differs between processes, matters more
 * than any difference within one process.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ComparisonFinding, Finding } from "../harness/findings.js";
import { quartiles, ratioFrom } from "../harness/statistics.js";
import { countInstructions } from "../instructions/count-kernels.js";
import { KERNELS } from "../kernels/index.js";
import type { Kernel, KernelPace, ProcessTimes } from "../kernels/kernel.js";
import { withInputs } from "../kernels/kernel.js";
import type { Scenario } from "../scenario.js";

const TIME_KERNELS = fileURLToPath(new URL("../children/time-kernels.js", import.meta.url));

/**
 * The optimising compiler runs when code first needs it, and in the same thread: on a busy machine, a compiler thread may finish late.
 */
const SETTLED = ["--no-liftoff", "--no-concurrent-recompilation"];
/**
 * While the interval of a guarded ratio is wider than this fraction of the ratio, the planned number of processes runs again, up to
 * `ATTEMPTS` times in all. The repeated processes time only guarded kernels.
 */
const PRECISE = 0.08;
const ATTEMPTS = 3;

export const kernels: Scenario = {
  name: "kernels",
  summary: "kernels of the core beside peers in many short processes, for `bench compare`; --instructions counts instead",
  run: ({ quick, instructions }) =>
    withInputs(KERNELS, (folder) => (instructions ? countInstructions(folder) : timeKernels(folder, quick))),
};

async function* timeKernels(folder: string, quick: boolean): AsyncGenerator<Finding> {
  const processes = quick ? 9 : 15;
  const pace = quick ? { warmUp: 0.03, rounds: 0.1 } : { warmUp: 0.1, rounds: 0.3 };
  const lines: ProcessTimes[] = [];
  let findings: ComparisonFinding[] = [];
  for (let attempt = 0; attempt === 0 || (attempt < ATTEMPTS && !findings.every(isPrecise)); attempt++) {
    for (let process = 0; process < processes; process++)
      lines.push(...timeInProcess(folder, { ...pace, onlyAlike: attempt > 0 }));
    findings = KERNELS.map((kernel) =>
      finding(
        kernel,
        lines.filter((line) => line.kernel === kernel.id),
      ),
    );
  }
  yield* findings;
}

function isPrecise({ entries, repeats }: ComparisonFinding): boolean {
  return !repeats || entries.every(({ ratio }) => !ratio || (ratio.high - ratio.low) / ratio.median <= PRECISE);
}

function timeInProcess(folder: string, pace: KernelPace): ProcessTimes[] {
  const args = [...SETTLED, TIME_KERNELS, folder, JSON.stringify(pace)];
  const printed = execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ProcessTimes);
}

function finding({ title, work, peerIsAlike }: Kernel, lines: readonly ProcessTimes[]): ComparisonFinding {
  const [first] = lines;
  if (!first) throw new Error(`${title}: no process has timed it`);
  const seconds = (of: "ours" | "peer") => quartiles(lines.map(({ times }) => times[of]));
  return {
    kind: "comparison",
    title,
    work,
    rounds: lines.length,
    processes: lines.length,
    repeats: peerIsAlike,
    entries: [
      { name: first.ours, ours: true, seconds: seconds("ours") },
      { name: first.peer, ours: false, seconds: seconds("peer"), ratio: ratioFrom(lines.map(({ times }) => times.ratio)) },
    ],
  };
}
