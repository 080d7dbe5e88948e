/** Byte work over bytes in memory, and over a source: the two differ in nothing but where bytes come from. */
import { throwIfAborted } from "../../errors.js";
import type { Source } from "../../source/source.js";
import { TimeSlice } from "../../source/time-slice.js";
import type { ByteWork } from "./moving-window.js";

const NO_BYTES = new Uint8Array(0);
/** Units of a time slice that pass between two requests: the clock is looked at each time. */
const UNITS_PER_REQUEST = 256;

export function runOnBytes<T>(work: ByteWork<T>, bytes: Uint8Array): T {
  let step = work.next(NO_BYTES);
  while (!step.done) {
    const { offset, length } = step.value;
    step = work.next(bytes.subarray(offset, offset + length));
  }
  return step.value;
}

/** Throws what the source throws, and `aborted`. */
export async function runOnSource<T>(work: ByteWork<T>, source: Source, signal: AbortSignal | undefined): Promise<T> {
  const slice = new TimeSlice(signal);
  let step = work.next(NO_BYTES);
  while (!step.done) {
    if (slice.isSpent(UNITS_PER_REQUEST)) await slice.renew();
    const { offset, length } = step.value;
    throwIfAborted(signal);
    step = work.next(length === 0 ? NO_BYTES : await source.read(offset, length, signal));
  }
  return step.value;
}
