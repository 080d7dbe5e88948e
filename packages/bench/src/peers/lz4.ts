/** LZ4 packages: decoders of one raw block of known size. */
import { compressSync, uncompressSync } from "lz4-napi";
import * as lz4js from "lz4js";
import { nameAndVersion } from "../harness/environment.js";
import { asBuffer } from "./as-buffer.js";
import { loadLz4Wasm } from "./lz4-wasm.js";

const SIZE_BYTES = 4;

export interface Lz4Data {
  readonly block: Uint8Array;
  /** The same block behind its decoded size as u32. */
  readonly sizeAndBlock: Uint8Array;
}

export function compressLz4(bytes: Uint8Array): Lz4Data {
  const sizeAndBlock = compressSync(asBuffer(bytes));
  return { block: sizeAndBlock.subarray(SIZE_BYTES), sizeAndBlock };
}

export interface Lz4Peer {
  readonly name: string;
  decode(data: Lz4Data, size: number): Uint8Array;
}

export async function lz4Peers(): Promise<Lz4Peer[]> {
  const lz4Wasm = await loadLz4Wasm();
  return [
    { name: nameAndVersion("lz4-wasm"), decode: ({ sizeAndBlock }) => lz4Wasm.decompress(sizeAndBlock) },
    { name: nameAndVersion("lz4-napi"), decode: ({ sizeAndBlock }) => uncompressSync(sizeAndBlock) },
    {
      name: nameAndVersion("lz4js"),
      decode: ({ block }, size) => {
        const bytes = new Uint8Array(size);
        lz4js.decompressBlock(block, bytes, 0, block.length, 0);
        return bytes;
      },
    },
  ];
}
