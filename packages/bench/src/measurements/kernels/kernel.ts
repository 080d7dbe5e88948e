/** A kernel of the core that is measured by itself, beside a peer whose work is bound by the same parts of a processor. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Work } from "../harness/findings.js";
import type { PairTimes } from "../harness/short-rounds.js";

interface Contestant {
  /** Package and version, or what it is. */
  readonly name: string;
  run(): unknown;
  /** What the work yields, as text: ours must equal the peer's. */
  result(): string;
}

export interface Kernel {
  readonly id: string;
  readonly title: string;
  readonly work: Work;
  /**
   * Whether a busy machine was measured to slow the peer just as it slows ours: WebAssembly that computes on little memory. Only then
   * does a changed ratio mean a changed kernel; the others are guarded by counting instructions.
   */
  readonly peerIsAlike: boolean;
  /** What is worked on. Made once, and handed to every process that measures. */
  input(): Uint8Array | Promise<Uint8Array>;
  ours(input: Uint8Array): Contestant;
  peer(input: Uint8Array): Contestant | Promise<Contestant>;
}

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

/** What a process that times kernels prints, one line per kernel. */
export interface ProcessTimes {
  readonly kernel: string;
  readonly ours: string;
  readonly peer: string;
  readonly times: PairTimes;
}

/** Seconds per kernel. */
export interface KernelPace {
  /** Only kernels whose peers are alike. */
  readonly onlyAlike: boolean;
  readonly warmUp: number;
  readonly rounds: number;
}
