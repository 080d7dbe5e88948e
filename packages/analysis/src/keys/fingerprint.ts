/** Names of keys that do not tell the key. */
import { blake3 } from "@memslice/core-wasm";

const FINGERPRINT_BYTES = 8;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The first 8 bytes of the BLAKE3 hash, as 16 hex digits. */
export function fingerprintOf(bytes: Uint8Array): string {
  return hexOf(blake3(bytes).subarray(0, FINGERPRINT_BYTES));
}

export function hexOf(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += HEX[byte];
  return hex;
}
