/**
 * Examines every capture of a folder, whatever its layout, in a child process that is watched: a capture that hangs or kills the
 * process is reported, and the next one is examined in a new process.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeCorpus } from "../../corpus/corpus.js";
import type { ExamineMessage, ExaminePlan } from "../../samples/find-captures.js";
import { findCaptures } from "../../samples/find-captures.js";
import type { CaptureFinding, Finding } from "../harness/findings.js";
import type { Scenario } from "../scenario.js";

const EXAMINE = fileURLToPath(new URL("../../samples/examine-captures.js", import.meta.url));
/** The least pace of examining, which reads a capture about ten times, even on a busy machine. `START_MS` is allowed in addition. */
const SLOWEST_BYTES_PER_MS = 10_000;
const START_MS = 60_000;

/** Seed of the corpus that is made if no folder is given. */
const SEED = 1;
const SIZE = 16 * 1024 * 1024;
const QUICK_SIZE = 1024 * 1024;

export const samples: Scenario = {
  name: "samples",
  summary:
    "every capture of --samples FOLDER (or MEMSLICE_SAMPLES): conformance, opening and verifying; default: a corpus made for it",
  run: ({ samples: given, quick }) => (given === undefined ? inOwnCorpus(quick, examineFolder) : examineFolder(given, quick)),
};

/** The folder of the corpus exists until the iterable that `examine` returns has ended. */
export async function* inOwnCorpus<Found>(
  quick: boolean,
  examine: (folder: string, quick: boolean) => AsyncIterable<Found>,
): AsyncGenerator<Found> {
  const folder = mkdtempSync(join(tmpdir(), "memslice-corpus-"));
  try {
    await makeCorpus(folder, { seed: SEED, size: quick ? QUICK_SIZE : SIZE });
    yield* examine(folder, quick);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function* examineFolder(folder: string, quick: boolean): AsyncGenerator<Finding> {
  const paths = findCaptures(folder);
  if (paths.length === 0) throw new Error(`There are no captures (*.msl) in ${folder}`);
  const outcomes: Record<string, number> = {};
  for await (const finding of examineAll({ folder, paths, quick })) {
    outcomes[finding.outcome] = (outcomes[finding.outcome] ?? 0) + 1;
    yield finding;
  }
  yield* tallies(outcomes);
}

function* tallies(outcomes: Readonly<Record<string, number>>): Generator<Finding> {
  for (const outcome of ["read", "refused", "needs-key", "wrong"]) {
    yield { kind: "figure", title: `captures: ${outcome}`, value: outcomes[outcome] ?? 0, unit: "captures" };
  }
}

/** Yields findings in the order of the plan. If the child process dies, the remaining captures are examined in a new one. */
export async function* examineAll(plan: ExaminePlan, child: string = EXAMINE): AsyncGenerator<CaptureFinding> {
  for (let paths = plan.paths; paths.length > 0; ) {
    let examined = 0;
    for await (const finding of examineUntilDeath({ ...plan, paths }, child)) {
      examined++;
      yield finding;
    }
    paths = paths.slice(examined);
  }
}

async function* examineUntilDeath(plan: ExaminePlan, program: string): AsyncGenerator<CaptureFinding> {
  const child = fork(program, [JSON.stringify(plan)], { execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
  const findings: CaptureFinding[] = [];
  let done = 0;
  let hung = false;
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  let wake = () => {};
  const watch = (path: string) => {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        hung = true;
        child.kill("SIGKILL");
      },
      START_MS + sizeOf(plan, path) / SLOWEST_BYTES_PER_MS,
    );
  };
  watch(plan.paths[0] ?? "");
  child.on("message", (message: ExamineMessage) => {
    if ("starting" in message) {
      watch(message.starting);
    } else {
      done++;
      findings.push(message.finding);
    }
    wake();
  });
  child.on("exit", (status, signal) => {
    clearTimeout(timer);
    const how = hung
      ? "the process examining it did not end"
      : `the process examining it died: ${signal ?? `exit status ${status}`}`;
    // A process that ends with a failure has not finished, even if it has reported the last capture.
    const underWay = plan.paths[done] ?? (status === 0 ? undefined : plan.paths.at(-1));
    if (underWay !== undefined) findings.push(deadly(plan, underWay, how));
    over = true;
    wake();
  });
  while (!over || findings.length > 0) {
    const finding = findings.shift();
    if (finding) yield finding;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}

function deadly(plan: ExaminePlan, path: string, how: string): CaptureFinding {
  return { kind: "capture", title: path, outcome: "wrong", faults: [how], recorded: false, bytes: sizeOf(plan, path) };
}

function sizeOf({ folder }: ExaminePlan, path: string): number {
  return statSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0;
}
