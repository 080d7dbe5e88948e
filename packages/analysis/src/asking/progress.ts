/** Tells the caller of a question how far it is. */
import type { VerifyProgress } from "@memslice/msl";
import { ProgressMeter } from "@memslice/msl/work";

/** An option of every question. */
export interface ProgressOption {
  /**
   * Called from time to time while memory is looked at, in the order of addresses: `bytesDone` never falls, for any number of threads. `bytesTotal` counts
   * the captured bytes between the addresses asked about. Without an end by `limit` or by the caller, the last call has both equal, unless captured bytes
   * could not be read.
   */
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** Bytes between two calls. */
const BYTES_PER_CALL = 1 << 20;

export class QuestionProgress {
  readonly #meter: ProgressMeter | undefined;
  readonly #total: number;
  #done = 0;
  #reported = 0;

  private constructor(meter: ProgressMeter | undefined, total: number) {
    this.#meter = meter;
    this.#total = total;
  }

  /** `bytesTotal` is asked for only if there is a listener. */
  static async of({ onProgress }: ProgressOption, bytesTotal: () => Promise<bigint>): Promise<QuestionProgress> {
    if (!onProgress) return new QuestionProgress(undefined, 0);
    const total = Number(await bytesTotal());
    return new QuestionProgress(new ProgressMeter(total, onProgress), total);
  }

  /** Further bytes have been looked at. */
  add(bytes: number): void {
    this.#done = Math.min(this.#done + bytes, this.#total);
    if (this.#done - this.#reported >= BYTES_PER_CALL) this.#report();
  }

  /** All bytes have been looked at. */
  end(): void {
    if (this.#done > this.#reported) this.#report();
  }

  #report(): void {
    this.#reported = this.#done;
    this.#meter?.report(this.#done);
  }
}
