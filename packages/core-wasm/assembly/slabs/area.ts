/**
 * What one thread works with while it hashes a slab, 64-byte aligned. The slab's bytes lie in a window: GUARD_BYTES before the slab,
 * the slab, LOOKAHEAD_BYTES after it, as far as the file has them. So a chunk that begins before the slab, and the header and FileHash
 * of a block that begins at its very end, can be seen whole.
 *
 *   START              8 bytes  u64, file offset of the slab
 *   END                8 bytes  u64, of its end
 *   SIZE               8 bytes  u64, bytes of the file
 *   FILE_END           8 bytes  u64, the slab's bytes that FileHash covers end here
 *   NEXT               8 bytes  u64, file offset of the next header to look at
 *   PREVIOUS           8 bytes  u64, of the element before it
 *   INDEX              4 bytes  u32, which block the next one is
 *   ENDED              4 bytes  u32, 1 if the chain had ended before the slab
 *   SLAB_BYTES_AT      4 bytes  u32, address of the byte at START
 *   STARTED            4 bytes  u32, 1 once the parts that are done once per slab are done
 *   BREAKS             4 bytes  u32, entries in BREAK_TABLE
 *   BREAK_TABLE    22528 bytes  256 broken links (chain-break.ts)
 *   DESCRIPTORS     1024 bytes  64 messages for a batch of blocks (blake3/descriptor.ts)
 *   DIGESTS         2048 bytes  their digests
 *   CONTEXT                     a BLAKE3 context
 */
import { HASH_BYTES } from "../blake3/constants";
import { DESCRIPTOR_BYTES } from "../blake3/descriptor";
import { HEADER_BYTES, isBlock } from "../block-header";
import { BREAK_BYTES, linkHolds, writeBreak } from "../chain-break";
import { contextStride } from "./relay";

/** One chunk: any chunk of a block that ends in the slab lies in the window. src/slabs/slab-job.ts has the same number. */
export const GUARD_BYTES: u32 = 1024;
/** A block header and FileHash, and some. src/slabs/slab-job.ts has the same number. */
export const LOOKAHEAD_BYTES: u32 = 128;

export const SLAB_START: usize = 0;
export const SLAB_END: usize = 8;
export const SLAB_SIZE: usize = 16;
export const SLAB_FILE_END: usize = 24;
export const SLAB_NEXT: usize = 32;
export const SLAB_PREVIOUS: usize = 40;
export const SLAB_INDEX: usize = 48;
export const SLAB_ENDED: usize = 52;
export const SLAB_BYTES_AT: usize = 56;
export const SLAB_STARTED: usize = 60;
/** src/slabs/slab-thread.ts has the same number, and that of BREAK_TABLE. */
export const SLAB_BREAKS: usize = 64;
export const BREAK_TABLE: usize = 128;
export const MAX_BREAKS: u32 = 256;
export const BATCH: u32 = 64;
export const DESCRIPTORS: usize = BREAK_TABLE + MAX_BREAKS * BREAK_BYTES;
export const DIGESTS: usize = DESCRIPTORS + <usize>BATCH * DESCRIPTOR_BYTES;
export const CONTEXT: usize = DIGESTS + BATCH * HASH_BYTES;

/** Size of the area in bytes. */
export function slabAreaBytes(): u32 {
  return <u32>CONTEXT + contextStride();
}

/** The address of a byte of the file; it has to lie in the window. */
@inline
export function addressOf(area: usize, offset: u64): usize {
  return <usize>load<u32>(area, SLAB_BYTES_AT) + <usize>(offset - load<u64>(area, SLAB_START));
}

/** Whether a block begins at `offset`, which lies in the slab or at its end. */
@inline
export function isBlockAt(area: usize, offset: u64): bool {
  return offset + HEADER_BYTES <= load<u64>(area, SLAB_SIZE) && isBlock(addressOf(area, offset));
}

/** Records the link of the block whose PrevHash is stored at `prevHash`, if that is not the hash at `digest`. There must be room. */
export function compareLink(area: usize, prevHash: usize, digest: usize, index: u32, offset: u64, previousOffset: u64): void {
  if (linkHolds(prevHash, digest)) return;
  const breaks = load<u32>(area, SLAB_BREAKS);
  writeBreak(area + BREAK_TABLE + breaks * BREAK_BYTES, index, offset, previousOffset, digest, prevHash);
  store<u32>(area, breaks + 1, SLAB_BREAKS);
}
