/** How far data of a format can expand, whatever it says. */

/** Bytes that one byte of data yields at most, beside a constant number of bytes. */
export const MOST_EXPANSION = {
  /** A run-length block of 4 bytes yields 128 KiB. */
  zstd: 32_768,
  /** Each byte behind the first ones lengthens a match by 255. */
  lz4: 255,
} as const;

export type CompressedFormat = keyof typeof MOST_EXPANSION;

const CONSTANT_BYTES = { zstd: 131_072, lz4: 64 } as const;

/** The most bytes that `length` bytes of any data in this format can yield. */
export function mostDecodedBytes(format: CompressedFormat, length: number): number {
  return MOST_EXPANSION[format] * length + CONSTANT_BYTES[format];
}
