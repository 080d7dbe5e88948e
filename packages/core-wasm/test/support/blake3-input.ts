/** Messages of the BLAKE3 tests, and digests as text. */

/** Input of the official test vectors: byte i is i modulo 251. */
export function officialInput(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/** Input lengths of the official test vectors. */
export const OFFICIAL_LENGTHS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2048, 2049, 3072, 3073, 4096, 4097, 5120, 5121, 6144,
  6145, 7168, 7169, 8192, 8193, 16384, 31744, 102400,
];

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
