/** Slices of the parts of a long work that follow each other without waiting for anything. */
import { TimeSlice } from "@memslice/msl/work";

/**
 * The slice of the next part, in a new turn of the event loop. The part before had a slice of its own, and what it did since its last pause took up to 6 ms: three such
 * parts, one behind the other, would stop the event loop for 18 ms. Throws `aborted`.
 */
export async function nextSlice(signal: AbortSignal | undefined): Promise<TimeSlice> {
  const slice = new TimeSlice(signal);
  await slice.renew();
  return slice;
}
