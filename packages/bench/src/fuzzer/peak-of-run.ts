/** Peak memory of reading a mutant in every way, in a process of its own, against what a capture of its size may take. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { peakOf } from "../processes/peak-memory.js";

const CHILD = fileURLToPath(new URL("./children/fuzz-one.js", import.meta.url));
const MIB = 1024 * 1024;
/** What a capture may need above bare Node, beside its size. */
const DEFAULT_MEMORY = 64 * MIB;
const ALLOWED_TIMES = 2;
/**
 * MiB of heap, from small to large. V8 lets garbage lie while there is room, so that the smallest heap in which the readers do not die shows
 * what they need. Of all that they need, the heap is a part: the peak counts, whatever the heap.
 */
const SMALL_HEAPS = [32, 40, 48];

/** Milliseconds that reading a mutant may take. Node 20 can wait for its own threads for ever when a process with a small heap ends. */
const TIMEOUT = 120_000;

/** Bytes above a Node process that does nothing. */
export interface RunPeak {
  readonly allowed: number;
  /** With the smallest heap that is enough; Infinity if none is. */
  readonly needed: number;
  /** With the heap that Node takes by itself. */
  readonly taken: number;
}

/** `memory`: bytes that may be needed above bare Node and twice the capture's size. Default: 64 MiB. */
export function measureRun(bytes: Uint8Array, bareNode: number, memory = DEFAULT_MEMORY): RunPeak {
  const folder = mkdtempSync(join(tmpdir(), "memslice-fuzz-"));
  try {
    const file = join(folder, "mutant.msl");
    writeFileSync(file, bytes);
    return {
      allowed: memory + ALLOWED_TIMES * bytes.length,
      needed: peakInSmallHeap(file) - bareNode,
      taken: peak([CHILD, file]) - bareNode,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function peakInSmallHeap(file: string): number {
  for (const heap of SMALL_HEAPS) {
    const bytes = peak([`--max-old-space-size=${heap}`, "--max-semi-space-size=2", CHILD, file]);
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
