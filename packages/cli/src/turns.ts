/** Pauses in loops whose length a capture decides: signals, timers and input are handled meanwhile. */
import { setImmediate } from "node:timers/promises";
import { MslError } from "@memslice/msl";

/** Milliseconds of work between two pauses. */
const WORK_MS = 20;

export class Turns {
  #lastAt = performance.now();

  /** Lets the event loop run if the last pause is `WORK_MS` ago. Throws `aborted` when the signal has fired. */
  async give(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() - this.#lastAt >= WORK_MS) {
      await setImmediate();
      this.#lastAt = performance.now();
    }
    if (signal?.aborted) throw new MslError("aborted", "The operation was cancelled", { cause: signal.reason });
  }
}

/** Yields the items of a list, with pauses between them. Throws `aborted`. */
export async function* inTurns<T>(items: Iterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const turns = new Turns();
  for (const item of items) {
    await turns.give(signal);
    yield item;
  }
}
