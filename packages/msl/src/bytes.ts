/** What bytes are, whatever they stand for. */

/** Whether all bytes are zero; true for an empty array. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
