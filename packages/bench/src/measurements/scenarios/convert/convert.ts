/**
 * Import of a sparse ELF core, against cp. Both write all bytes of the core, those of its holes as zeros: a capture has no holes for bytes that a dump has, and cp is told
 * not to make any. (cp skips holes of its source by SEEK_HOLE, which Node cannot ask for: the import reads them.)
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bareNodePeak } from "../../../processes/peak-memory.js";
import type { Finding } from "../../harness/findings.js";
import { quartiles } from "../../harness/statistics.js";
import type { Scenario, ScenarioOptions } from "../../scenario.js";
import { writeSparseCore } from "../../workloads/sparse-core.js";

const IMPORT_CORE = fileURLToPath(new URL("../../children/import-core.js", import.meta.url));
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const FULL = { gib: 20, dataGib: 1.25, rounds: 2 } as const;
const QUICK = { gib: 1, dataGib: 0.25, rounds: 3 } as const;
/** Bytes above bare Node, and the speed without hashes against that of cp. */
const MEMORY_BAR = { atMost: 100 } as const;
const SPEED_BAR = { atLeast: 0.8 } as const;

/** What children/import-core.ts prints. */
interface Imported {
  readonly seconds: number;
  readonly hashing: number;
  readonly peak: number;
}

export const convert: Scenario = {
  name: "convert",
  summary: "import of a sparse ELF core, against cp",
  run: { memory, speed },
};

function* memory({ quick }: ScenarioOptions): Generator<Finding> {
  const size = quick ? QUICK : FULL;
  yield* withCore(size, function* (core, folder) {
    const peak = Math.max(...(["plain", "digest"] as const).map((digest) => imports(core, folder, digest).peak));
    const title = `${sizeText(size)}: peak of the import above bare Node`;
    yield { kind: "figure", title, value: (peak - bareNodePeak()) / MIB, unit: "MiB", bar: MEMORY_BAR };
  });
}

function* speed({ quick }: ScenarioOptions): Generator<Finding> {
  const size = quick ? QUICK : FULL;
  yield* withCore(size, function* (core, folder) {
    const runs = Array.from({ length: size.rounds }, () => ({
      copied: secondsOfCp(core, folder),
      imported: imports(core, folder, "plain"),
    }));
    const median = (values: readonly number[]) => quartiles(values).median;
    const copied = median(runs.map((run) => run.copied));
    const seconds = median(runs.map(({ imported }) => imported.seconds));
    const apart = median(runs.map(({ imported }) => Math.max(0.001, imported.seconds - imported.hashing)));
    const what = sizeText(size);
    yield { kind: "figure", title: `${what}: cp --sparse=never`, value: copied, unit: "s" };
    yield { kind: "figure", title: `${what}: import without the digest`, value: seconds, unit: "s" };
    const withDigest = imports(core, folder, "digest").seconds;
    yield { kind: "figure", title: `${what}: import with the digest`, value: withDigest, unit: "s" };
    yield { kind: "figure", title: "speed of the import without the digest, against cp", value: copied / seconds, unit: "x" };
    const title = "speed of the import without the digest and the hashes of the capture, against cp";
    yield { kind: "figure", title, value: copied / apart, unit: "x", bar: SPEED_BAR };
  });
}

interface CoreSize {
  readonly gib: number;
  readonly dataGib: number;
}

function sizeText({ gib, dataGib }: CoreSize): string {
  return `core of ${gib} GiB, ${dataGib} GiB of it data`;
}

/** Calls `measure` with a core in a folder of its own. Throws an `Error` if the folder has no room. */
function* withCore(size: CoreSize, measure: (core: string, folder: string) => Generator<Finding>): Generator<Finding> {
  const folder = mkdtempSync(join(tmpdir(), "msl-convert-"));
  try {
    const { bavail, bsize } = statfsSync(folder);
    // The core takes what it has as data, the copy or the capture all bytes.
    if (bavail * bsize < (size.gib + 2 * size.dataGib) * GIB) throw new Error(`${folder} has no room for ${size.gib} GiB`);
    const core = join(folder, "core");
    writeSparseCore(core, size.gib, size.dataGib);
    yield* measure(core, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function secondsOfCp(core: string, folder: string): number {
  const copy = join(folder, "copy");
  const begun = performance.now();
  execFileSync("cp", ["--sparse=never", core, copy]);
  const seconds = (performance.now() - begun) / 1000;
  rmSync(copy);
  return seconds;
}

function imports(core: string, folder: string, digest: "digest" | "plain"): Imported {
  const capture = join(folder, "capture.msl");
  const printed = execFileSync(process.execPath, [IMPORT_CORE, core, capture, digest], { encoding: "utf8" });
  rmSync(capture);
  return JSON.parse(printed) as Imported;
}
