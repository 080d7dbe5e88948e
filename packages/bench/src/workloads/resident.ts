/** Bytes that lie in linear memory already, as verification reads them. */
import { defaultCore } from "@memslice/core-wasm";

/** Hands `use` a way to reach a copy of `bytes` in the memory of the default core, for as long as it takes. */
export async function* withResident<Found>(
  bytes: Uint8Array,
  use: (resident: () => Uint8Array) => AsyncIterable<Found>,
): AsyncGenerator<Found> {
  const { memory } = defaultCore();
  const address = memory.acquire(bytes.length);
  memory.view(address, bytes.length).set(bytes);
  try {
    // Asked for anew in every run: growth of the memory replaces it.
    yield* use(() => memory.view(address, bytes.length));
  } finally {
    memory.release(address, bytes.length);
  }
}
