/**
 * Observes the messages that threads send to the thread that started them. Without threads, the same work is done with the same result,
 * so only messages show that threads were used.
 */
const heard = new Map<unknown, number>();

/** Number of messages of a kind so far: "done" ends a thread's part of a verification, "stored" is a payload that a thread compressed, "looked" is memory that a thread has searched. */
export function messagesHeard(kind: "done" | "stored" | "looked"): number {
  return heard.get(kind) ?? 0;
}

/**
 * Observes every message to the listeners that `method` of a worker adds from now on. It is called before the packages are imported.
 * `messageOf` extracts the message from the argument of a listener.
 */
export function hearThrough(prototype: object, method: string, messageOf: (event: unknown) => unknown): void {
  const original: unknown = Reflect.get(prototype, method);
  if (typeof original !== "function") throw new TypeError(`Workers have no method ${method}`);
  function added(this: object, event: string, listener: (event: unknown) => void, ...more: unknown[]): unknown {
    const hearing = event === "message" ? tapped(listener, messageOf) : listener;
    return Reflect.apply(original as (...given: unknown[]) => unknown, this, [event, hearing, ...more]);
  }
  Object.defineProperty(prototype, method, { value: added, configurable: true, writable: true });
}

function tapped(listener: (event: unknown) => void, messageOf: (event: unknown) => unknown): (event: unknown) => void {
  return (event) => {
    const message = messageOf(event);
    if (typeof message === "object" && message !== null) {
      const kind: unknown = Reflect.get(message, "kind");
      heard.set(kind, (heard.get(kind) ?? 0) + 1);
    }
    listener(event);
  };
}
