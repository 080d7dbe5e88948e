import { abortedError, refusedSignal } from "../errors.js";

/**
 * Waits for `work`, but no longer than its reader wants to: rejects with `aborted` at once when the signal fires, and calls `onAbort`,
 * whether or not `work` itself heeds the signal. What then becomes of `work` is never an unhandled rejection.
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

interface Listening {
  readonly callbacks: Set<() => void>;
  readonly dispatch: () => void;
}

/** One listener for each signal, however many reads it may cancel: Node warns of more than ten. */
const listening = new WeakMap<AbortSignal, Listening>();

/** Calls `callback` when the signal fires, or at once if it has; until the function returned is called. */
function listen(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const { callbacks, dispatch } = listening.get(signal) ?? startListening(signal);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size > 0) return;
    signal.removeEventListener("abort", dispatch);
    if (listening.get(signal)?.callbacks === callbacks) listening.delete(signal);
  };
}

function startListening(signal: AbortSignal): Listening {
  const callbacks = new Set<() => void>();
  const dispatch = () => {
    for (const callback of callbacks) callback();
  };
  signal.addEventListener("abort", dispatch, { once: true });
  const started = { callbacks, dispatch };
  listening.set(signal, started);
  return started;
}
