/** Finds a program on this machine that counts the instructions a process executes. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface InstructionCounter {
  /** Program and version. */
  readonly name: string;
  /** Instructions that a Node process with these arguments executes in user mode. Throws an `Error` if the process fails. */
  count(args: readonly string[]): number;
}

/** This machine cannot measure what was asked for, such as count instructions. */
export class CannotMeasure extends Error {
  override readonly name = "CannotMeasure";
}

/**
 * `perf` if the processor has hardware counters that may be used, else `valgrind`, which simulates the processor. Throws
 * `CannotMeasure` if neither works.
 */
export function instructionCounter(): InstructionCounter {
  const counter = [perf, callgrind].find((candidate) => isAvailable(candidate));
  if (counter) return { name: `${counter.program} ${versionOf(counter)}`, count: (args) => countWith(counter, args) };
  throw new CannotMeasure(
    "Instructions cannot be counted here: `perf stat -e instructions:u true` counts none (no hardware counters, or no right to use " +
      "them), and there is no valgrind",
  );
}

interface Program {
  readonly program: string;
  /** Arguments that precede the program to count; the counter writes the count to `file`. */
  args(file: string): readonly string[];
  /** Finds the count in the text written to the file or to standard error. */
  read(report: string): number;
}

const perf: Program = {
  program: "perf",
  args: (file) => ["stat", "-x", ",", "-e", "instructions:u", "-o", file],
  read: (report) => Number(/^(\d+),/m.exec(report)?.[1] ?? Number.NaN),
};

const callgrind: Program = {
  program: "valgrind",
  args: (file) => ["--tool=callgrind", "--callgrind-out-file=/dev/null", `--log-file=${file}`],
  read: (report) => Number(/Collected : (\d+)/.exec(report)?.[1] ?? Number.NaN),
};

function isAvailable(counter: Program): boolean {
  return counter.program === "perf"
    ? Number.isFinite(runWith(counter, "true", []))
    : spawnSync("valgrind", ["--version"]).status === 0;
}

function countWith(counter: Program, args: readonly string[]): number {
  const count = runWith(counter, process.execPath, args);
  if (Number.isFinite(count)) return count;
  throw new Error(`${counter.program} did not count the instructions of node ${args.join(" ")}`);
}

/** NaN if there is no count. */
function runWith(counter: Program, program: string, args: readonly string[]): number {
  const folder = mkdtempSync(join(tmpdir(), "memslice-count-"));
  try {
    const file = join(folder, "count");
    const { status } = spawnSync(counter.program, [...counter.args(file), program, ...args], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    return status === 0 ? counter.read(readFileSync(file, "utf8")) : Number.NaN;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function versionOf({ program }: Program): string {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return /\d[\w.]*/.exec(stdout)?.[0] ?? "of unknown version";
}
