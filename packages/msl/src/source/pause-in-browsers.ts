/**
 * Lets timers, input and signals through between pieces of long synchronous work. Not by a timer: browsers delay those that follow each
 * other by 4 ms, and by a second on pages that nobody looks at. In workerd, by contrast, messages would hold timers up.
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
