/**
 * Whether what follows the last complete block is what a killed writer leaves: the beginning of a block, or zeros where the system had
 * made the file longer already. Anything else may be evidence, and is not cut off.
 */
import { BLOCK_MAGIC } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import { neededPageData } from "../format/payloads/page-data.js";
import type { Capture } from "../read/capture.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { Source } from "../source/source.js";

const SLAB_BYTES = 1024 * 1024;

/** Why the bytes from `offset` on are no torn block; undefined if they are one, or none. */
export async function whyNotTorn(capture: Capture, source: Source, offset: number): Promise<string | undefined> {
  const { truncatedBlock } = capture.index.end;
  if (truncatedBlock !== null) return whyNotBegun(capture.blocks.at(truncatedBlock));
  const start = await source.read(offset, Math.min(BLOCK_MAGIC.length, source.size - offset));
  const begun = start.every((byte, i) => byte === BLOCK_MAGIC[i]) && capture.index.end.end === "end";
  if (begun || (await isZero(source, offset))) return undefined;
  return `the ${source.size - offset} bytes at offset ${offset} are no block that was cut off`;
}

/** A damaged BlockLength would make all blocks behind it look like the rest of one: where the length can be known, it must be right. */
async function whyNotBegun(block: CaptureBlock): Promise<string | undefined> {
  if (block.type !== BlockType.MemoryRegion || block.compression !== "none") return undefined;
  const { region } = await block.region();
  if (!region || region.payload.size < region.head.dataOffset) return undefined;
  const needed = neededPageData(region.head, await region.pages());
  if (needed === region.head.dataLength) return undefined;
  return `block ${block.index} is cut off, but its pages need ${needed} bytes where its BlockLength has ${region.head.dataLength}`;
}

async function isZero(source: Source, from: number): Promise<boolean> {
  for (let at = from; at < source.size; at += SLAB_BYTES) {
    const slab = await source.read(at, Math.min(SLAB_BYTES, source.size - at));
    if (slab.some((byte) => byte !== 0)) return false;
  }
  return true;
}
