/** Shows how far a question about several ranges of memory is, as one line for all of them. */
import type { Capture, MemoryRange, VerifyProgress } from "@memslice/msl";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";

export class RangeProgress {
  readonly #line: Progress;
  #total = 0;
  /** Bytes of the ranges that are done. */
  #before = 0;

  constructor(file: string, quiet: boolean) {
    this.#line = new Progress(safeText(file), quiet);
  }

  /** Counts the bytes of all ranges, if progress is shown. */
  async begin(memory: Pick<Capture["memory"], "extent">, ranges: readonly MemoryRange[], signal: AbortSignal): Promise<void> {
    if (!this.#line.isShown) return;
    for (const { start, end } of ranges) this.#total += Number((await memory.extent(start, end, signal)).captured);
  }

  /** The option of the question about the next range. */
  option(): { onProgress?: (progress: VerifyProgress) => void } {
    if (!this.#line.isShown) return {};
    return { onProgress: ({ bytesDone }) => this.#line.reached(this.#before + bytesDone, this.#total) };
  }

  /** The question about a range has ended. `bytes`: those that it looked at. */
  rangeEnded(bytes: bigint): void {
    this.#before += Number(bytes);
  }

  /** Makes room for what is printed to the same terminal; the line comes back with the next bytes. */
  clear(): void {
    this.#line.done();
  }
}
