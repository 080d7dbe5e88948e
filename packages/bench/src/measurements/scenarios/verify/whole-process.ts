/** Runs `msl verify` as a process, over captures in the page cache. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeCapture } from "../../../captures/capture-file.js";
import { bareNodePeak, peakOf } from "../../../processes/peak-memory.js";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { quartiles } from "../../harness/statistics.js";
import type { ScenarioOptions } from "../../scenario.js";
import { regionBlocks, syntheticCapture } from "../../workloads/synthetic-capture.js";
import { responsiveness } from "./responsiveness.js";
import { twoWorkers } from "./start-up.js";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const QUICK_BYTES = 64 * MIB;
const PAGES_PER_REGION = 16_384;
const REGION_BYTES = PAGES_PER_REGION * 4096;
const PEAKS = 3;
const RESPONSIVE_RUNS = 5;
const REPORT_PEAK = new URL("../../../processes/report-peak.js", import.meta.url).href;

const require = createRequire(import.meta.url);
const MSL = join(dirname(require.resolve("@memslice/cli/package.json")), "dist", "main.js");

/** The speed bars apply to 1 GiB: with smaller captures, starting the process dominates. */
export async function* wholeProcess(options: ScenarioOptions): AsyncGenerator<Finding> {
  const folder = mkdtempSync(join(tmpdir(), "memslice-bench-"));
  try {
    yield* twoWorkers(folder, options);
    const path = join(folder, "large.msl");
    const size = options.quick ? QUICK_BYTES : GIB;
    writeRegions(path, size);
    yield* times(path, size, options);
    const bare = bareNodePeak();
    yield peakAboveBareNode(sizeText(size), path, bare);
    if (options.quick) return;
    yield* responsiveness(path, sizeText(size), RESPONSIVE_RUNS);
    rmSync(path);
    const larger = join(folder, "four-gib.msl");
    writeRegions(larger, 4 * GIB);
    yield peakAboveBareNode(sizeText(4 * GIB), larger, bare);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function* times(path: string, size: number, { quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const pace = { rounds: quick ? 6 : 9, attempts: quick ? 1 : 2, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 };
  yield await compare(
    {
      title: `verifying ${sizeText(size)}, every byte hashed twice, whole process`,
      work: { amount: size, unit: "bytes" },
      ours: { name: "msl verify --threads 2", run: () => msl(path, 2) },
      peers: [
        { name: "msl verify --threads 1", run: () => msl(path, 1), ...(!quick && { bar: { atLeast: 1 / 0.62 } }) },
        { name: twoB3sums(), run: () => b3sumTwice(path), ...(!quick && { bar: { atLeast: 1 / 1.5 } }) },
      ],
      check: () => undefined,
    },
    pace,
  );
  for (const threads of [1, 2]) {
    yield await compare(
      {
        title: `verifying ${sizeText(size)} with @napi-rs/blake-hash, --threads ${threads}, whole process`,
        work: { amount: size, unit: "bytes" },
        ours: { name: "native", run: () => msl(path, threads, true) },
        peers: [
          { name: "WebAssembly core", run: () => msl(path, threads), ...(!quick && threads === 1 && { bar: { atLeast: 2.2 } }) },
          { name: twoB3sums(), run: () => b3sumTwice(path) },
        ],
        check: () => undefined,
      },
      pace,
    );
  }
}

function sizeText(bytes: number): string {
  return bytes < GIB ? `${bytes / MIB} MiB` : `${bytes / GIB} GiB`;
}

function peakAboveBareNode(label: string, path: string, bare: number): Finding {
  const args = ["--import", REPORT_PEAK, ...mslArguments(path, 2)];
  const peaks = Array.from({ length: PEAKS }, () => peakOf(args));
  const value = (quartiles(peaks).median - bare) / MIB;
  const title = `peak memory of msl verify --threads 2 on ${label}, above bare Node`;
  return { kind: "figure", title, value, unit: "MiB", bar: { atMost: 45 } };
}

function writeRegions(path: string, size: number): void {
  const shape = { regions: size / REGION_BYTES, pagesPerRegion: PAGES_PER_REGION };
  writeCapture(path, syntheticCapture("regions", regionBlocks(shape)), size + MIB);
}

/** Throws an `Error` if the capture is not found intact. */
function msl(path: string, threads: number, native = false): void {
  execFileSync(process.execPath, mslArguments(path, threads, native), { stdio: ["ignore", "ignore", "pipe"] });
}

/** Without `native`, hashes with the WebAssembly core, although @napi-rs/blake-hash is installed here. */
function mslArguments(path: string, threads: number, native = false): string[] {
  return [MSL, "verify", "--quiet", ...(native ? [] : ["--no-native-hash"]), "--threads", String(threads), path];
}

function b3sumTwice(path: string): void {
  for (let run = 0; run < 2; run++) execFileSync("b3sum", ["--num-threads", "1", path], { stdio: "ignore" });
}

function twoB3sums(): string {
  try {
    return `${execFileSync("b3sum", ["--version"], { encoding: "utf8" }).trim()} --num-threads 1, twice`;
  } catch {
    return "b3sum (not installed: Debian package b3sum), twice";
  }
}
