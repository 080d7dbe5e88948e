/** LZ4 packages that write raw blocks; some put the size before them, which is left out here. */
import { compressSync, uncompressSync } from "lz4-napi";
import * as lz4js from "lz4js";
import { nameAndVersion } from "../harness/environment.js";
import { asBuffer } from "./as-buffer.js";
import type { Compressor } from "./compressor.js";
import { loadLz4Wasm } from "./lz4-wasm.js";

const SIZE_BYTES = 4;
/** Slots that lz4js expects in its hash table. */
const LZ4JS_SLOTS = 65_536;

/** Ours has to be measured against the first one. */
export async function lz4Compressors(): Promise<readonly Compressor[]> {
  const lz4Wasm = await loadLz4Wasm();
  return [
    { name: nameAndVersion("lz4-wasm"), compress: (bytes) => lz4Wasm.compress(bytes).subarray(SIZE_BYTES) },
    { name: nameAndVersion("lz4-napi"), compress: (bytes) => compressSync(asBuffer(bytes)).subarray(SIZE_BYTES) },
    { name: nameAndVersion("lz4js"), compress: compressWithJs },
  ];
}

function compressWithJs(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(lz4js.compressBound(bytes.length));
  const length = lz4js.compressBlock(bytes, block, 0, bytes.length, new Uint32Array(LZ4JS_SLOTS));
  if (length === 0) throw new Error("has no block, because it would not be shorter than its input");
  return block.slice(0, length);
}

/** Decodes with lz4-napi, which is lz4_flex. */
export function decodeLz4(block: Uint8Array, size: number): Uint8Array {
  const sizeAndBlock = Buffer.alloc(SIZE_BYTES + block.length);
  sizeAndBlock.writeUInt32LE(size);
  sizeAndBlock.set(block, SIZE_BYTES);
  return uncompressSync(sizeAndBlock);
}
