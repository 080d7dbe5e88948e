/**
 * Ends the current turn of the event loop, so that timers, input and signals are handled between pieces of long synchronous work. Uses a message and
 * not a timer: browsers delay nested timers by 4 ms, and by a second on pages in the background. In workerd, by contrast, messages would
 * delay timers.
 */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
