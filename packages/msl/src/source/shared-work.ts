import { untilAborted } from "./until-aborted.js";

/** Work whose result several readers wait for. Each reader may give up alone; the work is aborted when all readers have given up. */
export class SharedWork<T> {
  /** Dropped when the work has ended: many results are kept, and a controller takes more memory than most of them. */
  #controller: AbortController | undefined;
  readonly #result: Promise<T>;
  #readers = 0;
  #state: "pending" | "done" | "failed" | "aborted" = "pending";
  /** Resolves when the work has ended, also when it failed. */
  readonly settled: Promise<void>;

  /** A function is called at once, with a signal that fires when all readers have given up. A promise is work that cannot be stopped. */
  constructor(work: ((signal: AbortSignal) => Promise<T>) | Promise<T>) {
    this.#result = typeof work === "function" ? this.#start(work) : work;
    this.settled = this.#result.then(
      () => this.#end("done"),
      () => this.#end("failed"),
    );
  }

  /** Whether the work failed or was aborted, so that `join` can only reject. */
  get dead(): boolean {
    return this.#state === "failed" || this.#state === "aborted";
  }

  /** Waits for the result; with a signal, until it fires. */
  join(signal?: AbortSignal): Promise<T> {
    this.#readers++;
    return untilAborted(this.#result, signal, () => this.#leave());
  }

  /** Async, so that an error which `work` throws synchronously is a rejection, too. */
  async #start(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#controller = new AbortController();
    return work(this.#controller.signal);
  }

  #leave(): void {
    this.#readers--;
    if (this.#readers > 0 || this.#state !== "pending" || !this.#controller) return;
    this.#state = "aborted";
    this.#controller.abort();
  }

  #end(state: "done" | "failed"): void {
    if (this.#state === "pending") this.#state = state;
    this.#controller = undefined;
  }
}
