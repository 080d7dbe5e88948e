/** Collects garbage on demand, so that nobody's time holds the cleaning up after somebody else. It undoes optimisations, too. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
export const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of the JavaScript heap that what `make` returns keeps alive. Buffers outside the heap do not count. */
export async function heapKept(make: () => unknown): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = [await make()];
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  // Used after the measurement, so that it cannot be collected before.
  return kept.length === 0 ? 0 : after - before;
}
