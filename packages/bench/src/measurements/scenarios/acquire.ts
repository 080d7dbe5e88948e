/**
 * Capturing a live process with 1 GiB of memory to a file in memory (tmpfs), beside gcore of the same process in the same rounds. Both are processes, and their
 * times include their start. gcore hashes nothing.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bareNodePeak, peakOf } from "../../processes/peak-memory.js";
import { compare } from "../harness/compare.js";
import type { Finding } from "../harness/findings.js";
import type { Scenario, ScenarioOptions } from "../scenario.js";

const MIB = 1024 * 1024;
const TARGET = fileURLToPath(new URL("../../../../acquire/test/targets/large.c", import.meta.url));
const REPORT_PEAK = fileURLToPath(new URL("../../processes/report-peak.js", import.meta.url));
const LARGE_MIB = 1024;
const SMALL_MIB = 64;
const SHARED_MEMORY = "/dev/shm";
const ROUNDS = { attempts: 1, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 };

/** A process with `mebibytes` of random bytes, in a folder of a file system in memory. */
interface Prepared {
  readonly pid: number;
  readonly bytes: number;
  readonly folder: string;
  readonly msl: string;
}

export const acquire: Scenario = {
  name: "acquire",
  summary: "capturing a live process, against gcore",
  run: { throughput, stopped, memory },
};

async function* throughput({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  yield* withTarget(quick ? SMALL_MIB : LARGE_MIB, async function* (prepared) {
    const { bytes, pid } = prepared;
    yield await compare(
      {
        title: `capturing a process of ${bytes / MIB} MiB to tmpfs, plain, two threads`,
        work: { amount: bytes, unit: "bytes" },
        ours: { name: "msl capture --threads 2", run: () => captured(prepared, "--threads", "2") },
        peers: [{ name: "gcore", run: () => cored(prepared), bar: { atLeast: 1 } }, ...memslicer(prepared)],
        check: (written) => (written >= bytes ? undefined : `wrote ${written} bytes of process ${pid}, which has ${bytes}`),
      },
      { ...ROUNDS, rounds: 7 },
    );
  });
}

/** How long the process does not run: of `--freeze` what the report says, of gcore the time from its first to its last look by ptrace. */
async function* stopped({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  for (const mebibytes of quick ? [SMALL_MIB] : [LARGE_MIB, SMALL_MIB]) yield* stoppedWith(mebibytes, quick);
}

async function* stoppedWith(mebibytes: number, quick: boolean): AsyncGenerator<Finding> {
  yield* withTarget(mebibytes, async function* ({ pid, folder, msl }) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      const out = join(folder, "frozen.msl");
      const printed = execFileSync(process.execPath, [
        msl,
        "capture",
        String(pid),
        "-o",
        out,
        "--freeze",
        "--threads",
        "2",
        "--json",
      ]);
      ours.push(JSON.parse(printed.toString()).freeze.stoppedMs);
      rmSync(out);
      theirs.push(await stoppedByGcore(pid, folder));
    }
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    const gcore = median(theirs);
    yield {
      ...{
        kind: "figure",
        title: `time in which a process of ${mebibytes} MiB is stopped, --freeze`,
        value: median(ours),
        unit: "ms",
      },
      ...{ bar: { atMost: gcore }, others: [{ name: "gcore", value: gcore }] },
    };
  });
}

async function* memory({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  yield* withTarget(quick ? SMALL_MIB : LARGE_MIB, async function* ({ pid, folder, msl }) {
    const out = join(folder, "peak.msl");
    const words = [msl, "capture", String(pid), "-o", out, "--threads", "2", "--quiet", "--log", join(folder, "log")];
    const peak = peakOf(["--import", REPORT_PEAK, ...words]) - bareNodePeak();
    yield {
      kind: "figure",
      title: "peak memory of msl capture above bare Node",
      value: peak / MIB,
      unit: "MiB",
      bar: { atMost: 80 },
    };
  });
}

async function* withTarget(mebibytes: number, use: (prepared: Prepared) => AsyncIterable<Finding>): AsyncGenerator<Finding> {
  if (process.platform !== "linux" || !isInstalled("gcc") || !isInstalled("gcore")) return;
  const folder = mkdtempSync(join(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : "/tmp", "memslice-bench-"));
  let target: ChildProcess | undefined;
  try {
    const program = join(folder, "large");
    execFileSync("gcc", ["-O1", "-o", program, TARGET]);
    target = spawn(program, [String(mebibytes), String(mebibytes)], { stdio: ["ignore", "pipe", "inherit"] });
    if (!target.stdout) throw new Error(`${program} did not start`);
    await once(target.stdout, "data");
    const manifest = createRequire(import.meta.url).resolve("@memslice/cli/package.json");
    const msl = join(manifest, "..", "dist", "main.js");
    yield* use({ pid: target.pid ?? 0, bytes: mebibytes * MIB, folder, msl });
  } finally {
    target?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

function captured({ pid, folder, msl }: Prepared, ...words: string[]): number {
  const out = join(folder, "captured.msl");
  execFileSync(process.execPath, [msl, "capture", String(pid), "-o", out, ...words], { stdio: "ignore" });
  return sizeAndRemove(out);
}

function cored({ pid, folder }: Prepared): number {
  execFileSync("gcore", ["-o", join(folder, "core"), String(pid)], { stdio: "ignore" });
  return sizeAndRemove(join(folder, `core.${pid}`));
}

/** memslicer over gdb, where it is installed. */
function memslicer({ pid, folder }: Prepared) {
  if (!isInstalled("memslicer")) return [];
  const out = join(folder, "memslicer.msl");
  const run = () => {
    execFileSync("memslicer", ["-b", "gdb", String(pid), "-o", out], { stdio: "ignore" });
    return sizeAndRemove(out);
  };
  return [{ name: "memslicer -b gdb", run, bar: { atLeast: 3 } }];
}

function sizeAndRemove(path: string): number {
  const { size } = statSync(path);
  rmSync(path);
  return size;
}

/** Milliseconds in which a process is in the state of a traced one, looked at as often as the clock and the system allow. */
async function stoppedByGcore(pid: number, folder: string): Promise<number> {
  const gcore = spawn("gcore", ["-o", join(folder, "core"), String(pid)], { stdio: "ignore" });
  const ended = once(gcore, "exit");
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  let [first, last] = [0, 0];
  while (!isEnded) {
    if (/\) t /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))) {
      last = performance.now();
      first ||= last;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const name of readdirSync(folder).filter((one) => one.startsWith("core."))) rmSync(join(folder, name));
  return last - first;
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}
