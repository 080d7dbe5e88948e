/** Walking block headers in memory: fixed-size records against a loop that keeps the same numbers in typed arrays. */
import { BlockRecords, BlockWalk } from "@memslice/core-wasm";
import { BLOCK_HEADER_BYTES, moduleBlocks, syntheticCapture } from "../workloads/synthetic-capture.js";
import type { Kernel } from "./kernel.js";
import { resident } from "./resident.js";

/** Few enough that the table of records comes from the heap of the process: asking the system for memory takes as long as walking. */
const MODULES = 200;
const BLOCKS = MODULES + 3;
const FIRST_BLOCK = 64;
const MAGIC = 0x4d534c43;

export const walking: Kernel = {
  id: "walk",
  title: `walk over ${BLOCKS} block headers in linear memory`,
  work: { amount: BLOCKS, unit: "blocks" },
  peerIsAlike: false,
  input: () => Buffer.concat([...syntheticCapture("modules", moduleBlocks(MODULES))]),
  ours(input) {
    const capture = resident(input);
    const run = () => {
      const records = new BlockRecords();
      const walk = new BlockWalk(records, FIRST_BLOCK);
      walk.walk(capture(), 0);
      return `${records.count} blocks, end at ${walk.next}`;
    };
    return { name: "memslice BlockWalk", run, result: run };
  },
  peer(input) {
    const view = new DataView(input.buffer, input.byteOffset, input.length);
    const run = () => {
      const offsets = new Float64Array(BLOCKS);
      const lengths = new Uint32Array(BLOCKS);
      const types = new Uint16Array(BLOCKS);
      const flags = new Uint16Array(BLOCKS);
      const identities = new Uint8Array(2 * 16 * BLOCKS);
      let count = 0;
      let at = FIRST_BLOCK;
      for (; at + BLOCK_HEADER_BYTES <= input.length && view.getUint32(at) === MAGIC; count++) {
        offsets[count] = at;
        types[count] = view.getUint16(at + 4, true);
        flags[count] = view.getUint16(at + 6, true);
        const length = view.getUint32(at + 8, true);
        lengths[count] = length;
        for (let byte = 0; byte < 32; byte++) identities[32 * count + byte] = input[at + 16 + byte] ?? 0;
        at += length;
      }
      return `${count} blocks, end at ${at}`;
    };
    return { name: "loop over a DataView into typed arrays", run, result: run };
  },
};
