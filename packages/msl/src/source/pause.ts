/** Ends the current turn of the event loop, so that timers, input and signals are handled between pieces of long synchronous work. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
