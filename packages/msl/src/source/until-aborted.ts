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
