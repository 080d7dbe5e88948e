/** Turns for signals, timers and input in loops whose length a capture decides. */
import { setImmediate } from "node:timers/promises";
import { MslError } from "@memslice/msl";

/** Milliseconds of work between two turns. */
const WORK_MS = 20;

export class Turns {
  #lastAt = performance.now();

  /** Lets other work run if it is time to. Throws `aborted` when the signal has fired. */
  async give(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() - this.#lastAt >= WORK_MS) {
      await setImmediate();
      this.#lastAt = performance.now();
    }
    if (signal?.aborted) throw new MslError("aborted", "The operation was cancelled", { cause: signal.reason });
  }
}

/** Items of a list that other work gets its turns between. Throws `aborted`. */
export async function* inTurns<T>(items: Iterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const turns = new Turns();
  for (const item of items) {
    await turns.give(signal);
    yield item;
  }
}
