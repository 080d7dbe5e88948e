/** Time from the start of a process to its first answer, and the part of it that importing takes. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FIXTURES } from "../../captures/fixtures.js";
import { type Comparison, compare } from "../harness/compare.js";
import { nameAndVersion } from "../harness/environment.js";
import type { Finding } from "../harness/findings.js";
import { quartiles } from "../harness/statistics.js";
import type { Scenario, ScenarioOptions } from "../scenario.js";

const COLD_START = fileURLToPath(new URL("../children/cold-start.js", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));
const CAPTURE = `${FIXTURES}/ms-basic-plain.msl`;
/** Prints milliseconds. Imports another module first, so that the start of Node's module loader is not included. */
const TIME_IMPORT = `
  await import("node:fs/promises");
  const start = performance.now();
  await import(process.argv[1]);
  process.stdout.write(String(performance.now() - start));`;
/** A process that does nothing must take at least this fraction of the whole time. */
const NOTHING_IS_AT_LEAST = 0.3;
const BARE = { name: `Node ${process.versions.node} that does nothing`, goal: "nothing", bar: { atLeast: NOTHING_IS_AT_LEAST } };

export const coldStart: Scenario = {
  name: "cold-start",
  summary: "fresh processes up to the first block and the first verification, against bare Node",
  run: measure,
};

async function* measure({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const rounds = quick ? 6 : 31;
  const pace = { rounds, attempts: quick ? 1 : 2, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 };
  yield await compare(
    comparison("import, open a capture, decode its first block", { name: "memslice", goal: "first-block" }, [
      BARE,
      { name: `${nameAndVersion("hash-wasm")}, BLAKE3 of one byte`, goal: "hash-wasm" },
      { name: `${nameAndVersion("zstddec")}, a decoder`, goal: "zstddec" },
    ]),
    pace,
  );
  yield await compare(comparison("import, open a capture, verify it", { name: "memslice", goal: "first-verify" }, [BARE]), pace);
  const milliseconds = (specifier: string) =>
    quartiles(Array.from({ length: rounds }, () => millisecondsToImport(specifier, HERE))).median;
  yield {
    kind: "figure",
    title: "importing @memslice/msl in a fresh process, median",
    value: milliseconds("@memslice/msl"),
    unit: "ms",
    others: [
      { name: "@memslice/msl/read", value: milliseconds("@memslice/msl/read") },
      { name: "@memslice/msl/plain", value: milliseconds("@memslice/msl/plain") },
      { name: "@memslice/msl/verify", value: milliseconds("@memslice/msl/verify") },
      ...["@memslice/core-wasm", "hash-wasm", "zstddec"].map((name) => ({
        name: nameAndVersion(name),
        value: milliseconds(name),
      })),
      { name: "a module that is empty", value: milliseconds("data:text/javascript,") },
    ],
  };
}

interface Start {
  readonly name: string;
  readonly goal: string;
}

/** A run is a process that reaches its goal; it throws if the process does not. */
function comparison(title: string, ours: Start, peers: readonly Start[]): Comparison<number> {
  const contender = ({ goal, ...start }: Start) => {
    const run = () => secondsToReach(goal);
    return { ...start, run, elsewhere: { time: async () => run() } };
  };
  return {
    title: `${title}, start of the process included`,
    work: { amount: 1, unit: "processes" },
    ours: contender(ours),
    peers: peers.map(contender),
    check: (seconds) => (seconds > 0 ? undefined : "takes no time"),
  };
}

/** Seconds without the time that the process waited for a processor. */
function secondsToReach(goal: string): number {
  const start = performance.now();
  const waited = Number(execFileSync(process.execPath, [COLD_START, goal, CAPTURE], { encoding: "utf8" }));
  return (performance.now() - start) / 1000 - waited;
}

/** `folder`: of the module that imports, which decides what a name means. */
export function millisecondsToImport(specifier: string, folder: string): number {
  const args = ["--input-type=module", "-e", TIME_IMPORT, specifier];
  return Number(execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" }));
}
