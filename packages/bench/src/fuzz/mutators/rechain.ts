/** A hash chain made good again after other damage, so that verification walks on behind it. */
import { Blake3, blake3 } from "@memslice/core-wasm";
import type { Mutator } from "../mutator.js";
import { BLOCK, BLOCK_HEADER_BYTES, blockType, type Specimen } from "../specimen.js";

const END_OF_CAPTURE = 0x0fff;
const DIGEST_BYTES = 32;

export const RECHAIN: Mutator = {
  name: "rechain",
  weight: 2,
  mutate(specimen, random) {
    const last = random.oneIn(2) ? specimen.blocks.length : random.below(specimen.blocks.length);
    rechain(specimen, last);
  },
};

/** Links of the first `count` blocks, and FileHash where End-of-Capture is among them. */
function rechain({ header, blocks }: Specimen, count: number): void {
  const file = new Blake3();
  file.update(header);
  let previous = blake3(header);
  for (const block of blocks.slice(0, count)) {
    if (block.length < BLOCK_HEADER_BYTES) break;
    block.set(previous, BLOCK.prevHash);
    if (blockType(block) === END_OF_CAPTURE && block.length >= BLOCK_HEADER_BYTES + DIGEST_BYTES) {
      block.set(file.digest(), BLOCK_HEADER_BYTES);
    }
    file.update(block);
    previous = blake3(block);
  }
  file.release();
}
