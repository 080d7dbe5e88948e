/** Recomputes the hash chain after other damage, so that verification continues past it. */
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
 * Recomputes the links of the blocks from index `from` up to `count`, and FileHash if End-of-Capture is one of the first `count` blocks
 * (BLAKE3).
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
