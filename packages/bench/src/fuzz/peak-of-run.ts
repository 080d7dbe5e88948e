/** Peak memory of reading a mutant in every way, in a process of its own, against what a capture of its size may take. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { peakOf } from "../harness/peak-memory.js";

const CHILD = fileURLToPath(new URL("../children/fuzz-one.js", import.meta.url));
const MIB = 1024 * 1024;
/** What a capture may need above bare Node, beside its size. */
const DEFAULT_MEMORY = 64 * MIB;
const ALLOWED_TIMES = 2;
/** V8 lets garbage lie while there is room. Held to this, a heap shows what is needed; a reader that needs more dies of it. */
const SMALL_HEAP = ["--max-old-space-size=32", "--max-semi-space-size=2"];

/** Bytes above a Node process that does nothing. */
export interface RunPeak {
  readonly allowed: number;
  /** With a small heap; Infinity if that was not enough. */
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
      needed: peak([...SMALL_HEAP, CHILD, file]) - bareNode,
      taken: peak([CHILD, file]) - bareNode,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function peak(args: readonly string[]): number {
  try {
    return peakOf(args);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
