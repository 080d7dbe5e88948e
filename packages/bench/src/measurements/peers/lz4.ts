/**
 * LZ4 packages: decoders of one raw block of known size, and encoders. A decoded size that a package writes before the block is
 * removed.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { compressSync, uncompressSync } from "lz4-napi";
import * as lz4js from "lz4js";
import { nameAndVersion } from "../harness/environment.js";
import { asBuffer } from "./as-buffer.js";
import type { Compressor } from "./compressor.js";

/** Length of the decoded size that lz4_flex stores before a block. */
const SIZE_BYTES = 4;

export interface Lz4Data {
  readonly block: Uint8Array;
  /** The decoded size as u32, then the same block. */
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

/** Number of entries that lz4js expects in its hash table. */
const LZ4JS_SLOTS = 65_536;

/** Bars apply to the first compressor. */
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

/** Decodes with lz4-napi, which wraps lz4_flex. */
export function decodeLz4(block: Uint8Array, size: number): Uint8Array {
  const sizeAndBlock = Buffer.alloc(SIZE_BYTES + block.length);
  sizeAndBlock.writeUInt32LE(size);
  sizeAndBlock.set(block, SIZE_BYTES);
  return uncompressSync(sizeAndBlock);
}

interface Lz4Wasm {
  /** Returns the size of `bytes` as u32, then the compressed block. */
  compress(bytes: Uint8Array): Uint8Array;
  /** Decodes a block that is preceded by its decoded size as u32. */
  decompress(sizeAndBlock: Uint8Array): Uint8Array;
}

const require = createRequire(import.meta.url);
const WASM_IMPORT = /^import \* as wasm from '\.\/lz4_wasm_bg\.wasm';$/m;

/**
 * Loads lz4-wasm from its files: the package has no entry point, and its module imports a .wasm file, which Node 20 cannot load.
 * Evaluates the package's glue code with that import replaced by an instance.
 */
export async function loadLz4Wasm(): Promise<Lz4Wasm> {
  const glue = readFileSync(require.resolve("lz4-wasm/lz4_wasm_bg.js"), "utf8");
  if (!WASM_IMPORT.test(glue)) throw new Error("lz4-wasm does not import its .wasm file as version 0.9.2 does");
  const source = glue.replace(WASM_IMPORT, "let wasm;\nexport const setInstance = (exports) => { wasm = exports; };");
  const module = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
  const binary = new WebAssembly.Module(readFileSync(require.resolve("lz4-wasm/lz4_wasm_bg.wasm")));
  module.setInstance(new WebAssembly.Instance(binary, { "./lz4_wasm_bg.js": module }).exports);
  return module as Lz4Wasm;
}
