/** A Buffer over the same bytes, for native addons, which accept only Buffers. */
export function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
