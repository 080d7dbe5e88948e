/**
 * The bytes in memory of their own. `slice` does not do: of Node's Buffer it gives a view, and what is written there, or later read into
 * the same Buffer, changes what was taken for a copy, or the capture itself.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
