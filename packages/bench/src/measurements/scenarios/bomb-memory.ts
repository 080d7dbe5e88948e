/**
 * Peak memory of reading captures of a few kilobytes whose payloads decode to many megabytes, by every reader with the default limits.
 * The bound is the one for mutants of the fuzzer.
 */
import { type ExpandingKind, expandingCapture } from "../../fuzzer/expanding-capture.js";
import { measureRun } from "../../fuzzer/peak-of-run.js";
import { bareNodePeak } from "../../processes/peak-memory.js";
import type { Scenario } from "../scenario.js";

const MIB = 1024 * 1024;

interface Case {
  readonly kind: ExpandingKind;
  readonly sizes: readonly number[];
}

const QUICK_BYTES = 7 * MIB;

/** For each kind: a size that readers hold in memory as a whole, and sizes that they do not. */
const CASES: readonly Case[] = [
  { kind: "region", sizes: [7 * MIB, 64 * MIB, 1025 * MIB] },
  { kind: "region-window", sizes: [64 * MIB] },
  { kind: "region-huge-window", sizes: [7 * MIB, 64 * MIB] },
  { kind: "region-lz4", sizes: [7 * MIB, 64 * MIB] },
  { kind: "pages", sizes: [7 * MIB, 64 * MIB] },
  { kind: "map", sizes: [MIB, 64 * MIB] },
  { kind: "rows", sizes: [7 * MIB, 64 * MIB] },
];

export const bombMemory: Scenario = {
  name: "bomb-memory",
  summary: "memory that small captures need which decode to much, above bare Node",
  *run({ quick }) {
    const bare = bareNodePeak();
    for (const { kind, sizes } of CASES) {
      for (const size of quick ? sizes.filter((each) => each === QUICK_BYTES) : sizes) {
        const bytes = expandingCapture(kind, size);
        const { allowed, needed, taken } = measureRun(bytes, bare);
        const what = `${kind} of ${size / MIB} MiB in ${bytes.length} bytes`;
        yield { kind: "figure", title: `${what}: needs`, value: needed / MIB, unit: "MiB", bar: { atMost: allowed / MIB } };
        yield { kind: "figure", title: `${what}: takes if let`, value: taken / MIB, unit: "MiB" };
      }
    }
  },
};
