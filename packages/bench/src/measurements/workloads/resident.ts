/** Bytes that lie in linear memory, as verification reads them: the cost of copying them in is not measured. */
import { type Core, defaultCore } from "@memslice/core-wasm";

/** A copy of `bytes` in linear memory that lives as long as the process. The view is made anew at each call: growth of the memory detaches it. */
export function resident(bytes: Uint8Array): () => Uint8Array {
  return copyIn(defaultCore(), bytes).view;
}

/** Passes a view of a copy of `bytes` in linear memory to `use`, and releases the copy when the iterable of `use` ends. */
export async function* withResident<Found>(
  bytes: Uint8Array,
  use: (resident: () => Uint8Array) => AsyncIterable<Found>,
): AsyncGenerator<Found> {
  const core = defaultCore();
  const { address, view } = copyIn(core, bytes);
  try {
    yield* use(view);
  } finally {
    core.memory.release(address, bytes.length);
  }
}

function copyIn({ memory }: Core, bytes: Uint8Array) {
  const address = memory.acquire(bytes.length);
  const view = () => memory.view(address, bytes.length);
  view().set(bytes);
  return { address, view };
}
