/** Compressed payloads may expand by this much, above the size of the capture, for its peak memory to be told by its size. */
const EXPANSION_BYTES = 4 * 1024 * 1024;

/** The `payloadLimit` under which a capture is fuzzed. The default of 1 GiB lets a small capture decode to as much. */
export function payloadLimitFor(bytes: Uint8Array): number {
  return bytes.length + EXPANSION_BYTES;
}
