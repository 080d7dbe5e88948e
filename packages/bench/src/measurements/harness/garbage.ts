/**
 * Garbage collection on demand, so that no measurement includes collecting the garbage of another one. A collection also makes the
 * engine discard optimised code.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
export const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of the JavaScript heap that the result of `make` keeps alive. Buffers outside the heap do not count. */
export async function heapKept(make: () => unknown): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = [await make()];
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  // Used after the measurement, so that the result is not collected before.
  return kept.length === 0 ? 0 : after - before;
}
