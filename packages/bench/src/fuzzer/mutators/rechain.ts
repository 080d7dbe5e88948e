/** A hash chain made good again after other damage, so that verification walks on behind it. */
import { Blake3, blake3 } from "@memslice/core-wasm";
import { BLOCK, BLOCK_HEADER_BYTES, blockType, type Specimen } from "../../captures/specimen.js";
import type { Mutator } from "../mutator.js";

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

/**
 * Makes the links of the first `count` blocks good, and FileHash where End-of-Capture is among them (BLAKE3). Links of blocks before
 * `from` are left as they are.
 */
export function rechain({ header, blocks }: Specimen, count = blocks.length, from = 0): void {
  const file = new Blake3();
  file.update(header);
  let previous = blake3(header);
  for (const [index, block] of blocks.slice(0, count).entries()) {
    if (block.length < BLOCK_HEADER_BYTES) break;
    if (index >= from) block.set(previous, BLOCK.prevHash);
    if (blockType(block) === END_OF_CAPTURE && block.length >= BLOCK_HEADER_BYTES + DIGEST_BYTES) {
      block.set(file.digest(), BLOCK_HEADER_BYTES);
    }
    file.update(block);
    previous = blake3(block);
  }
  file.release();
}
