/** Hears what threads tell the one that started them: a job that threads cannot do is done without them, and looks the same. */
let done = 0;

/** Threads that have said so far that their part of a verification is done. */
export function threadsDone(): number {
  return done;
}

/**
 * From here on, hears every message to a listener that `method` of a worker adds. Imported before the packages are. `messageOf` finds the
 * message in what listeners are called with.
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
