/** Checks that the memory of a writer does not depend on the amount it writes. */
import { fileURLToPath } from "node:url";
import { peakOf } from "../../../processes/peak-memory.js";
import type { Finding } from "../../harness/findings.js";
import { quartiles } from "../../harness/statistics.js";
import type { ScenarioOptions } from "../../scenario.js";

const WRITE_REGIONS = fileURLToPath(new URL("../../children/write-regions.js", import.meta.url));
const MIB = 1024 * 1024;
const FULL_MIB = [256, 4096] as const;
const QUICK_MIB = [64, 128] as const;
const RUNS = 3;
/** The peaks of runs of the same size differ by some MiB, depending on when garbage is collected. */
const TOLERANCE = { atMost: 32 } as const;

const CASES = [
  { name: "plain", compression: "none", threads: 1 },
  { name: "zstd fast", compression: "zstd-fast", threads: 1 },
  { name: "zstd fast by two threads", compression: "zstd-fast", threads: 2 },
] as const;

export function* peakMemory({ quick }: ScenarioOptions): Generator<Finding> {
  const [small, large] = quick ? QUICK_MIB : FULL_MIB;
  for (const { name, ...how } of CASES) {
    const least = peak(small, how, quick ? 1 : RUNS);
    const value = peak(large, how, 1) - least;
    yield { kind: "figure", title: `peak memory of writing ${sizeText(small)}, ${name}`, value: least, unit: "MiB" };
    yield {
      kind: "figure",
      title: `peak memory of writing ${sizeText(large)}, ${name}: more than for ${sizeText(small)}`,
      value,
      unit: "MiB",
      bar: TOLERANCE,
    };
  }
}

function peak(mib: number, { compression, threads }: { compression: string; threads: number }, runs: number): number {
  const peaks = Array.from({ length: runs }, () => peakOf([WRITE_REGIONS, String(mib), compression, String(threads)]));
  return quartiles(peaks).median / MIB;
}

function sizeText(mib: number): string {
  return mib < 1024 ? `${mib} MiB` : `${mib / 1024} GiB`;
}
