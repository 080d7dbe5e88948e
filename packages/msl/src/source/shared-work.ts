import { untilAborted } from "./until-aborted.js";

/** Work that several readers wait for: one of them may give up without harm to the others; it is aborted when all have. */
export class SharedWork<T> {
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  #readers = 0;
  #state: "pending" | "done" | "failed" = "pending";
  /** Resolves when the work has ended, well or not. */
  readonly settled: Promise<void>;

  /** Starts at once; `work` gets the signal that all readers have given up. */
  constructor(work: (signal: AbortSignal) => Promise<T>) {
    // An async function also turns what `work` throws at once into a rejection.
    const start = async () => work(this.#controller.signal);
    this.#result = start();
    this.settled = this.#result.then(
      () => {
        this.#state = "done";
      },
      () => {
        this.#state = "failed";
      },
    );
  }

  /** Whether joining leads nowhere: the work failed, or was aborted. */
  get dead(): boolean {
    return this.#state === "failed" || this.#controller.signal.aborted;
  }

  /** Waits for the result; with a signal, until it fires. */
  join(signal?: AbortSignal): Promise<T> {
    this.#readers++;
    return untilAborted(this.#result, signal, () => this.#leave());
  }

  #leave(): void {
    this.#readers--;
    if (this.#readers === 0 && this.#state === "pending") this.#controller.abort();
  }
}
