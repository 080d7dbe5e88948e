/** Splits bytes into a stream of chunks of many sizes, some of them empty. */
import type { Random } from "../captures/random.js";

/** Up to this size, a stream of single bytes takes no noticeable time. */
const SMALL_BYTES = 2048;

export function* chunksOf(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  const largest = random.pick(bytes.length <= SMALL_BYTES ? [1, 7, 80, 4096, 65_536] : [97, 1000, 4096, 65_536, 1_000_000]);
  const varied = random.oneIn(2);
  for (let at = 0; at < bytes.length; ) {
    const length = varied ? random.below(largest + 1) : largest;
    yield bytes.slice(at, at + length);
    at += length;
  }
}
