/** Other Zstandard implementations: the reference decoder in two builds, and an independent decoder. */
import bokuweb from "@bokuweb/zstd-wasm";
import { decompress } from "fzstd";
import { ZSTDDecoder } from "zstddec";

const reference = new ZSTDDecoder();
await Promise.all([bokuweb.init(), reference.init()]);

export function compressZstd(bytes: Uint8Array, level: number): Uint8Array {
  return bokuweb.compress(Uint8Array.from(bytes), level);
}

/** The output of the reference decoder, null if it refuses the data or yields another size. `size` must not be 0. */
export function decodeWithReference(data: Uint8Array, size: number): Uint8Array | null {
  const bytes = reference.decode(data, size);
  return bytes.length === size ? bytes : null;
}

export function decodeWithBokuweb(data: Uint8Array): Uint8Array {
  return bokuweb.decompress(Uint8Array.from(data));
}

/** Decodes with fzstd, which is written from the RFC, without code of the reference. */
export function decodeWithFzstd(data: Uint8Array): Uint8Array {
  return decompress(data);
}
