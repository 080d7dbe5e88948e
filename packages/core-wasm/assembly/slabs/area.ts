/**
 * Slab area: what one thread works with while it hashes one slab of a file. The bytes of the slab lie in a window that begins GUARD_BYTES
 * before the slab and ends LOOKAHEAD_BYTES behind it, as far as the file has them. A chunk that begins before the slab, and the header and
 * FileHash of a block that begins at the end of the slab, therefore lie in the window whole.
 *
 * Layout of the area, 64-byte aligned: the fields SLAB_* (src/layout.ts), then
 *
 *   DESCRIPTORS     1024 bytes  descriptors for a batch of blocks
 *   DIGESTS         2048 bytes  their digests
 *   CONTEXT                     a BLAKE3 context
 */
import {
  BREAK_BYTES,
  HEADER_BYTES,
  SLAB_ADDRESS,
  SLAB_BREAK_TABLE,
  SLAB_BREAKS,
  SLAB_MAX_BREAKS,
  SLAB_SIZE,
  SLAB_START,
} from "../../src/layout";
import { BATCH_MESSAGES, DESCRIPTORS_BYTES } from "../blake3/batch";
import { HASH_BYTES } from "../blake3/constants";
import { contextStride } from "../blake3/context";
import { isBlock } from "../block-header";
import { addBreak, linkHolds } from "../links";

export const DESCRIPTORS: usize = SLAB_BREAK_TABLE + SLAB_MAX_BREAKS * BREAK_BYTES;
export const DIGESTS: usize = DESCRIPTORS + DESCRIPTORS_BYTES;
export const CONTEXT: usize = DIGESTS + BATCH_MESSAGES * HASH_BYTES;

/** Size of the area in bytes. */
export function slabAreaBytes(): u32 {
  return <u32>CONTEXT + contextStride();
}

/** The address of the byte at file offset `offset`, which has to lie in the window. */
@inline
export function addressOf(area: usize, offset: u64): usize {
  return <usize>load<u32>(area, SLAB_ADDRESS) + <usize>(offset - load<u64>(area, SLAB_START));
}

/** Whether a block begins at file offset `offset`, which has to lie in the slab or at its end. */
@inline
export function isBlockAt(area: usize, offset: u64): bool {
  return offset + HEADER_BYTES <= load<u64>(area, SLAB_SIZE) && isBlock(addressOf(area, offset));
}

/** Compares the PrevHash at `prevHash` with the hash at `computed`, and records a broken link. The break table must have room. */
export function compareLink(area: usize, prevHash: usize, computed: usize, index: u32, offset: u64, previousOffset: u64): void {
  if (linkHolds(prevHash, computed)) return;
  addBreak(area + SLAB_BREAK_TABLE, area + SLAB_BREAKS, index, offset, previousOffset, computed, prevHash);
}
