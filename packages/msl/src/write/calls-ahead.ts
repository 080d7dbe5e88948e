/** Calls of a writer that are not awaited one by one: with several threads, so many are under way that all have work. */
import { compressionThreads } from "./compression.js";
import type { WritingOptions } from "./options.js";

/** More than payloads are held: those of plain blocks and of small ones pass quickly. */
const CALLS_PER_THREAD = 4;

export class CallsAhead {
  readonly #most: number;
  readonly #calls: Promise<unknown>[] = [];

  /** `options`: those of the writer. */
  constructor(options: Pick<WritingOptions, "threads" | "codecs">) {
    const threads = compressionThreads(options);
    this.#most = threads === 1 ? 0 : CALLS_PER_THREAD * threads;
  }

  /** Waits until few enough calls are under way. Rejects with the failure of the first one that failed. */
  async add(call: Promise<unknown>): Promise<void> {
    // Heard when it is awaited, after those before it.
    call.catch(() => {});
    this.#calls.push(call);
    while (this.#calls.length > this.#most) await this.#calls.shift();
  }

  /** Waits for all calls. */
  async settle(): Promise<void> {
    while (this.#calls.length > 0) await this.#calls.shift();
  }
}
