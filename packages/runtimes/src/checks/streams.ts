/** Streams of bytes for the readers. */

/** A ReadableStream whose chunks do not end where blocks end. */
export function streamOf(bytes: Uint8Array, chunk = 777): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + chunk));
      at += chunk;
    },
  });
}

/** Yields a capture, then `mebibytes` MiB of zeros. */
export function* captureAndZeros(capture: Uint8Array, mebibytes: number): Generator<Uint8Array> {
  yield capture;
  const zeros = new Uint8Array(1024 * 1024);
  for (let done = 0; done < mebibytes; done++) yield zeros;
}
