/** Inputs of kernels as files, so that the processes that measure need not make them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kernel } from "./kernel.js";

/** Makes the inputs in a new folder, which is removed when the iterable ends that `use` returns. */
export async function* withInputs<T>(kernels: readonly Kernel[], use: (folder: string) => AsyncIterable<T>): AsyncGenerator<T> {
  const folder = mkdtempSync(join(tmpdir(), "memslice-kernels-"));
  try {
    for (const kernel of kernels) writeFileSync(join(folder, kernel.id), await kernel.input());
    yield* use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function readInput(folder: string, { id }: Kernel): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, id)));
}
