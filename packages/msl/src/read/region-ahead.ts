import type { PayloadAhead } from "../codec/decoding-ahead.js";
import { BlockType } from "../format/codes.js";
import type { BlockIndex } from "./block-index.js";
import type { BlockList } from "./block-list.js";

/** So many plain regions are passed over to find a compressed one. */
const PLAIN_REGIONS = 64;

/** The compressed region that whoever reads regions in file order comes to behind the block at `behind`. */
export function regionAhead({ records }: BlockIndex, blocks: BlockList, behind: number): PayloadAhead | undefined {
  let position = behind;
  for (let passed = 0; passed <= PLAIN_REGIONS; passed++) {
    position = records.indexOfType(BlockType.MemoryRegion, position + 1);
    if (position < 0 || position >= blocks.length) return undefined;
    const block = blocks.at(position);
    const { compression } = block;
    if (block.truncated || block.afterEoc) return undefined;
    if (compression !== "none") return { position, compression, stored: block.stored() };
  }
  return undefined;
}
