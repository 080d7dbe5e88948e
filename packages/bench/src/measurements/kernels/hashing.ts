/** BLAKE3 of one long message, and of many short blocks in a chain, against a package that is WebAssembly too. */
import { Blake3HashChain, blake3 } from "@memslice/core-wasm";
import { createBLAKE3 } from "hash-wasm";
import { memoryLike } from "../../captures/memory-like.js";
import { nameAndVersion } from "../harness/environment.js";
import { resident } from "../workloads/resident.js";
import { BLOCK_HEADER_BYTES, moduleBlocks, syntheticCapture } from "../workloads/synthetic-capture.js";
import type { Kernel } from "./kernel.js";

const KIB = 1024;
const MESSAGE_BYTES = 256 * KIB;
const MODULES = 1000;
const HEADER_BYTES = 64;
const BLOCK_LENGTH_AT = 8;
const PREV_HASH_AT = 48;

export const hashing: Kernel = {
  id: "blake3",
  title: "BLAKE3 of 256 KiB in linear memory",
  work: { amount: MESSAGE_BYTES, unit: "bytes" },
  peerIsAlike: true,
  input: () => memoryLike(MESSAGE_BYTES),
  ours(input) {
    const message = resident(input);
    const run = () => blake3(message());
    return { name: "memslice blake3", run, result: () => hex(run()) };
  },
  async peer(input) {
    const hasher = await createBLAKE3();
    const run = () => hasher.init().update(input).digest("binary");
    return { name: nameAndVersion("hash-wasm"), run, result: () => hex(run()) };
  },
};

export const smallBlockChain: Kernel = {
  id: "chain",
  title: `hash chain over ${MODULES + 3} blocks of about 200 bytes`,
  work: { amount: MODULES + 3, unit: "blocks" },
  peerIsAlike: true,
  input: () => Buffer.concat([...syntheticCapture("modules", moduleBlocks(MODULES))]),
  ours(input) {
    const capture = resident(input);
    const run = () => {
      // The header is outside linear memory: making a chain may grow that memory, which would detach a view of it.
      const chain = new Blake3HashChain(input.subarray(0, HEADER_BYTES));
      chain.update(capture().subarray(HEADER_BYTES));
      const { blocks, breaks } = chain.finish();
      chain.release();
      return `${blocks} blocks, ${[...breaks.indexes()].length} breaks`;
    };
    return { name: "memslice Blake3HashChain", run, result: run };
  },
  async peer(input) {
    const hasher = await createBLAKE3();
    const view = new DataView(input.buffer, input.byteOffset, input.length);
    const run = () => {
      let previous = hasher.init().update(input.subarray(0, HEADER_BYTES)).digest("binary");
      let blocks = 0;
      let breaks = 0;
      for (let at = HEADER_BYTES; at + BLOCK_HEADER_BYTES <= input.length; ) {
        const length = view.getUint32(at + BLOCK_LENGTH_AT, true);
        const stored = input.subarray(at + PREV_HASH_AT, at + BLOCK_HEADER_BYTES);
        breaks += Number(Buffer.compare(previous, stored) !== 0);
        blocks++;
        previous = hasher
          .init()
          .update(input.subarray(at, at + length))
          .digest("binary");
        at += length;
      }
      return `${blocks} blocks, ${breaks} breaks`;
    };
    return { name: `${nameAndVersion("hash-wasm")}, block by block`, run, result: run };
  },
};

function hex(digest: Uint8Array): string {
  return Buffer.from(digest).toString("hex");
}
