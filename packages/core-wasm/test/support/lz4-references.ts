/** Other LZ4 implementations: lz4js (JavaScript) and lz4-napi (lz4_flex, Rust). */

import { compressFrameSync, compressSync, decompressFrameSync, uncompressSync } from "lz4-napi";
import * as lz4js from "lz4js";

export function compressBlockWithNapi(bytes: Uint8Array): Uint8Array {
  return compressSync(Buffer.from(bytes)).subarray(4);
}

/** null where lz4js has no block, because it would not be shorter than its input. */
export function compressBlockWithJs(bytes: Uint8Array): Uint8Array | null {
  const block = new Uint8Array(lz4js.compressBound(bytes.length) + 16);
  const length = lz4js.compressBlock(bytes, block, 0, bytes.length, new Uint32Array(65_536));
  return length === 0 ? null : block.subarray(0, length);
}

/** null if lz4_flex refuses the block or yields another size. */
export function decodeBlockWithNapi(block: Uint8Array, size: number): Uint8Array | null {
  const prefixed = Buffer.alloc(block.length + 4);
  prefixed.writeUInt32LE(size);
  prefixed.set(block, 4);
  try {
    const bytes = uncompressSync(prefixed);
    return bytes.length === size ? bytes : null;
  } catch {
    return null;
  }
}

export function decodeBlockWithJs(block: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  lz4js.decompressBlock(block, bytes, 0, block.length, 0);
  return bytes;
}

export function compressFrameWithNapi(
  bytes: Uint8Array,
  checksums: { contentChecksum?: boolean; blockChecksums?: boolean } = {},
): Uint8Array {
  return compressFrameSync(Buffer.from(bytes), checksums);
}

export function compressFrameWithJs(bytes: Uint8Array): Uint8Array {
  return lz4js.compress(bytes);
}

export function decodeFrameWithJs(frame: Uint8Array): Uint8Array {
  return lz4js.decompress(frame);
}

/** null if lz4_flex refuses the frame. */
export function decodeFrameWithNapi(frame: Uint8Array): Uint8Array | null {
  try {
    return decompressFrameSync(Buffer.from(frame));
  } catch {
    return null;
  }
}
