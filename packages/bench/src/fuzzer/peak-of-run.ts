/** Measures the peak memory of reading a mutant with every reader, in a separate process, and compares it with the limit for its size. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { peakOf } from "../processes/peak-memory.js";

const CHILD = fileURLToPath(new URL("./children/fuzz-one.js", import.meta.url));
const MIB = 1024 * 1024;
/** The limit above bare Node, in addition to `ALLOWED_TIMES` the capture's size. */
const DEFAULT_MEMORY = 64 * MIB;
const ALLOWED_TIMES = 2;
/**
 * Heap sizes in MiB, in ascending order. V8 does not collect garbage while the heap has room, so the smallest heap in which reading
 * succeeds shows the memory that is needed. The heap is only a part of it: the peak of the whole process is compared.
 */
const SMALL_HEAPS = [32, 40, 48];

/**
 * Time limit in milliseconds for reading a mutant. When a process with a small heap ends, Node 20 may wait for its own threads forever.
 */
const TIMEOUT = 120_000;

/** Bytes in addition to the peak of a Node process that does nothing. */
export interface RunPeak {
  readonly allowed: number;
  /** Peak with the smallest sufficient heap; Infinity if no heap of `SMALL_HEAPS` is sufficient. */
  readonly needed: number;
  /** Peak with Node's default heap. */
  readonly taken: number;
}

/**
 * `memory`: the limit in bytes, in addition to bare Node and twice the file's size. Default: 64 MiB. `program`: the script that reads the file; default: the one that
 * reads a capture with every reader.
 */
export function measureRun(bytes: Uint8Array, bareNode: number, memory = DEFAULT_MEMORY, program = CHILD): RunPeak {
  const folder = mkdtempSync(join(tmpdir(), "memslice-fuzz-"));
  try {
    const file = join(folder, "mutant.msl");
    writeFileSync(file, bytes);
    return {
      allowed: memory + ALLOWED_TIMES * bytes.length,
      needed: peakInSmallHeap(program, file) - bareNode,
      taken: peak([program, file]) - bareNode,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function peakInSmallHeap(program: string, file: string): number {
  for (const heap of SMALL_HEAPS) {
    const bytes = peak([`--max-old-space-size=${heap}`, "--max-semi-space-size=2", program, file]);
    if (bytes !== Number.POSITIVE_INFINITY) return bytes;
  }
  return Number.POSITIVE_INFINITY;
}

function peak(args: readonly string[]): number {
  try {
    return peakOf(args, TIMEOUT);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
