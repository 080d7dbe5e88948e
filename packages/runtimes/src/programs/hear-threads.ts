/**
 * Observes the messages that threads send to the thread that started them. Without threads, the same work is done with the same result,
 * so only messages show that threads were used.
 */
let done = 0;

/** Number of threads that have reported so far that their part of a verification is done. */
export function threadsDone(): number {
  return done;
}

/**
 * Observes every message to the listeners that `method` of a worker adds from now on. It is called before the packages are imported.
 * `messageOf` extracts the message from the argument of a listener.
 */
export function hearThrough(prototype: object, method: string, messageOf: (heard: unknown) => unknown): void {
  const original: unknown = Reflect.get(prototype, method);
  if (typeof original !== "function") throw new TypeError(`Workers have no method ${method}`);
  function added(this: object, event: string, listener: (heard: unknown) => void, ...more: unknown[]): unknown {
    const heard = event === "message" ? tapped(listener, messageOf) : listener;
    return Reflect.apply(original as (...given: unknown[]) => unknown, this, [event, heard, ...more]);
  }
  Object.defineProperty(prototype, method, { value: added, configurable: true, writable: true });
}

function tapped(listener: (heard: unknown) => void, messageOf: (heard: unknown) => unknown): (heard: unknown) => void {
  return (heard) => {
    const message = messageOf(heard);
    if (typeof message === "object" && message !== null && Reflect.get(message, "kind") === "done") done++;
    listener(heard);
  };
}
