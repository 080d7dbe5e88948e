/** Bytes in linear memory, where workers and streams have them: what copying them in would cost is not measured. */
import { defaultCore } from "@memslice/core-wasm";

/** A copy of `bytes` there, for as long as the process lives. Asked for anew in every run: growth of the memory replaces the view. */
export function resident(bytes: Uint8Array): () => Uint8Array {
  const { memory } = defaultCore();
  const address = memory.acquire(bytes.length);
  memory.view(address, bytes.length).set(bytes);
  return () => memory.view(address, bytes.length);
}
