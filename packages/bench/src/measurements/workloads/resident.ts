/** Bytes in linear memory, where verification reads them, so that copying them there is not measured. */
import { type Core, defaultCore } from "@memslice/core-wasm";

/**
 * Copies `bytes` to linear memory for the life of the process. Each call of the returned function makes a new view, since growth of the
 * memory detaches earlier ones.
 */
export function resident(bytes: Uint8Array): () => Uint8Array {
  return copyIn(defaultCore(), bytes).view;
}

/**
 * Copies `bytes` to linear memory, passes `use` a function that returns a view of the copy, and releases the copy when the iterable of
 * `use` has ended.
 */
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
