/** A kernel of the core that is measured alone, next to a peer whose work is limited by the same parts of a processor. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Work } from "../harness/findings.js";
import type { PairTimes } from "../harness/short-rounds.js";

interface Contestant {
  /** Package and version, or a description. */
  readonly name: string;
  run(): unknown;
  /** The result of the work as text: ours must equal the peer's. */
  result(): string;
}

export interface Kernel {
  readonly id: string;
  readonly title: string;
  readonly work: Work;
  /**
   * Whether a busy machine slows the peer by the same factor as our kernel, as measurements have shown for WebAssembly that computes on
   * little memory. Only then does a changed ratio mean a changed kernel; the other kernels are guarded by counting instructions.
   */
  readonly peerIsAlike: boolean;
  /** The input of the work. Made once, and given to every process that measures. */
  input(): Uint8Array | Promise<Uint8Array>;
  ours(input: Uint8Array): Contestant;
  peer(input: Uint8Array): Contestant | Promise<Contestant>;
}

/** Writes the inputs to a new folder, and removes it when the iterable that `use` returns has ended. */
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

/** One line of output, for one kernel, of a process that times kernels. */
export interface ProcessTimes {
  readonly kernel: string;
  readonly ours: string;
  readonly peer: string;
  readonly times: PairTimes;
}

/** Durations in seconds, for each kernel. */
export interface KernelPace {
  /** Times only kernels with `peerIsAlike`. */
  readonly onlyAlike: boolean;
  readonly warmUp: number;
  readonly rounds: number;
}
