/** Work that the caller may stop waiting for: alone, or as one of several readers of the same result. */
import { abortedError, refusedSignal } from "../errors.js";

/**
 * Waits for `work` until the signal fires: then rejects with `aborted` at once and calls `onAbort`, whether or not `work` itself reacts to the
 * signal. A later failure of `work` is never an unhandled rejection.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined, onAbort?: () => void): Promise<T> {
  if (signal === undefined) return work;
  const refusal = refusedSignal(signal);
  if (refusal) {
    work.catch(() => {});
    return Promise.reject(refusal);
  }
  return new Promise<T>((resolve, reject) => {
    const abort = () => {
      reject(abortedError(signal));
      onAbort?.();
    };
    const stopListening = listen(signal, abort);
    work.then(resolve, reject).finally(stopListening);
  });
}

/** A callback in the linked list of all callbacks of one signal. */
interface Waiting {
  readonly callback: () => void;
  before: Waiting | undefined;
  after: Waiting | undefined;
}

/**
 * Calls the callbacks of one signal. A linked list, and a listener that is removed a little after the last callback, because many short reads follow
 * each other: whenever the last entry leaves a `Set` or a `WeakMap`, or the last listener a signal, V8 copies a table into memory that it
 * seldom collects.
 */
class Listener {
  readonly #signal: AbortSignal;
  readonly #dispatch = () => {
    for (let waiting = this.#first; waiting; waiting = waiting.after) waiting.callback();
  };
  #listens = false;
  #ends = false;
  #first: Waiting | undefined;
  #last: Waiting | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** The function returned removes the callback. */
  add(callback: () => void): () => void {
    if (!this.#listens) this.#signal.addEventListener("abort", this.#dispatch, { once: true });
    this.#listens = true;
    const waiting: Waiting = { callback, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = waiting;
    else this.#first = waiting;
    this.#last = waiting;
    let listens = true;
    return () => {
      if (listens) this.#remove(waiting);
      listens = false;
    };
  }

  #remove({ before, after }: Waiting): void {
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    if (this.#first || this.#ends) return;
    this.#ends = true;
    setTimeout(() => this.#end(), 0);
  }

  /** A signal with a listener might stay in memory. */
  #end(): void {
    this.#ends = false;
    if (this.#first) return;
    this.#signal.removeEventListener("abort", this.#dispatch);
    this.#listens = false;
  }
}

/** One event listener for each signal, however many reads it may cancel: Node warns of more than ten. */
const listeners = new WeakMap<AbortSignal, Listener>();

/** Calls `callback` when the signal fires, or at once if it has fired. The function returned removes the callback. */
function listen(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  let listener = listeners.get(signal);
  if (!listener) {
    listener = new Listener(signal);
    listeners.set(signal, listener);
  }
  return listener.add(callback);
}

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

/** A memoised asynchronous value. Callers that ask while the value is being read share one read. After a failure the next caller reads it again. */
export class Remembered<T extends object> {
  /** Undefined before it was read. */
  value: T | undefined;
  #reading: SharedWork<T> | undefined;

  constructor(value?: T) {
    this.value = value;
  }

  /**
   * `read` gets a signal that fires when nobody waits for the value any more. If the first reader has no signal, `read` gets none, since this reader
   * waits to the end.
   */
  async get(read: (signal?: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.value) return this.value;
    if (!this.#reading || this.#reading.dead) {
      const keep = async (given?: AbortSignal) => {
        const value = await read(given);
        this.value = value;
        this.#reading = undefined;
        return value;
      };
      this.#reading = new SharedWork(signal === undefined ? keep() : keep);
    }
    return this.#reading.join(signal);
  }
}
