import { untilAborted } from "./until-aborted.js";

/** Work that several readers wait for: one of them may give up without harm to the others; it is aborted when all have. */
export class SharedWork<T> {
  /** Let go when the work has ended: results are kept in great numbers, and a controller takes more than most of them. */
  #controller: AbortController | undefined;
  readonly #result: Promise<T>;
  #readers = 0;
  #state: "pending" | "done" | "failed" | "aborted" = "pending";
  /** Resolves when the work has ended, well or not. */
  readonly settled: Promise<void>;

  /** `work` starts at once, and gets the signal that all readers have given up; or it has begun, and nobody can stop it. */
  constructor(work: ((signal: AbortSignal) => Promise<T>) | Promise<T>) {
    this.#result = typeof work === "function" ? this.#start(work) : work;
    this.settled = this.#result.then(
      () => this.#end("done"),
      () => this.#end("failed"),
    );
  }

  /** Whether joining leads nowhere: the work failed, or was aborted. */
  get dead(): boolean {
    return this.#state === "failed" || this.#state === "aborted";
  }

  /** Waits for the result; with a signal, until it fires. */
  join(signal?: AbortSignal): Promise<T> {
    this.#readers++;
    return untilAborted(this.#result, signal, () => this.#leave());
  }

  /** An async function also turns what `work` throws at once into a rejection. */
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
