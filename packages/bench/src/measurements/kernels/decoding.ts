/** Decoding zstd frames and LZ4 blocks against packages that are WebAssembly too. */
import { type DecodeResult, decodeLz4Block, decodeZstd } from "@memslice/core-wasm";
import { ZSTDDecoder } from "zstddec";
import { memoryLike } from "../../captures/memory-like.js";
import { nameAndVersion } from "../harness/environment.js";
import { compressLz4, loadLz4Wasm } from "../peers/lz4.js";
import { zstdPackages } from "../peers/zstd.js";
import type { Kernel } from "./kernel.js";

/** So small that the output comes from the heap of the process: allocating memory from the operating system takes as long as decoding. */
const DECODED_BYTES = 64 * 1024;
/** Before a block, lz4-wasm and the input have the decoded size as u32. */
const SIZE_BYTES = 4;

export const zstdDecoding: Kernel = {
  id: "zstd",
  title: "zstd decode, 64 KiB of memory-like data, level 3",
  work: { amount: DECODED_BYTES, unit: "bytes" },
  peerIsAlike: false,
  input: async () => (await zstdPackages()).compress(memoryLike(DECODED_BYTES)),
  ours(frame) {
    const run = () => decoded(decodeZstd(frame, DECODED_BYTES));
    return { name: "memslice decodeZstd", run, result: () => text(run()) };
  },
  async peer(frame) {
    const decoder = new ZSTDDecoder();
    await decoder.init();
    const run = () => decoder.decode(frame, DECODED_BYTES);
    return { name: nameAndVersion("zstddec"), run, result: () => text(run()) };
  },
};

export const lz4Decoding: Kernel = {
  id: "lz4",
  title: "LZ4 block decode, 64 KiB of memory-like data",
  work: { amount: DECODED_BYTES, unit: "bytes" },
  peerIsAlike: false,
  input: () => compressLz4(memoryLike(DECODED_BYTES)).sizeAndBlock,
  ours(sizeAndBlock) {
    const block = sizeAndBlock.subarray(SIZE_BYTES);
    const run = () => decoded(decodeLz4Block(block, DECODED_BYTES));
    return { name: "memslice decodeLz4Block", run, result: () => text(run()) };
  },
  async peer(sizeAndBlock) {
    const { decompress } = await loadLz4Wasm();
    const run = () => decompress(sizeAndBlock);
    return { name: nameAndVersion("lz4-wasm"), run, result: () => text(run()) };
  },
};

function decoded(result: DecodeResult): Uint8Array {
  if (!result.ok) throw new Error(`refuses the data: ${result.reason}`);
  return result.bytes;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
