/**
 * What the threads that hash one file share, 64-byte aligned. JavaScript passes it from thread to thread: the first part belongs to
 * the thread whose slab is the next to be walked, the second to the one that merges. Neither needs atomic access.
 *
 *   NEXT               8 bytes  u64, file offset of the next block header; past the end of the file inside a truncated block
 *   PREVIOUS           8 bytes  u64, file offset of the element before it: a block, or the file header at 0
 *   BLOCKS             4 bytes  u32, blocks before NEXT
 *   ENDED              4 bytes  u32, 1 if no block can be found at NEXT
 *   EOC_FOUND          4 bytes  u32, 1 once an End-of-Capture block began
 *   EOC_INDEX          4 bytes  u32, which block it is
 *   EOC_OFFSET         8 bytes  u64, where it starts
 *   EOC_END            8 bytes  u64, where it ends, perhaps past the end of the file
 *   EOC_STORED        32 bytes  FileHash as stored, if it is there
 *
 *   MERGE_HASH        32 bytes  hash of a block that spans slabs
 *   FILE, VARIANT, BLOCK        three BLAKE3 contexts: the file, the file under another header, the block that spans slabs
 */
import { blake3ContextBytes } from "../blake3/context";

export const RELAY_NEXT: usize = 0;
export const RELAY_PREVIOUS: usize = 8;
export const RELAY_BLOCKS: usize = 16;
export const RELAY_ENDED: usize = 20;
export const RELAY_EOC_FOUND: usize = 24;
export const RELAY_EOC_INDEX: usize = 28;
export const RELAY_EOC_OFFSET: usize = 32;
export const RELAY_EOC_END: usize = 40;
export const RELAY_EOC_STORED: usize = 64;
export const MERGE_HASH: usize = 128;
const CONTEXTS: usize = 192;

/** Size of the relay in bytes. */
export function slabRelayBytes(): u32 {
  return <u32>CONTEXTS + 3 * contextStride();
}

@inline
export function fileContext(relay: usize): usize {
  return relay + CONTEXTS;
}

@inline
export function variantContext(relay: usize): usize {
  return relay + CONTEXTS + contextStride();
}

@inline
export function blockContext(relay: usize): usize {
  return relay + CONTEXTS + 2 * contextStride();
}

@inline
export function contextStride(): u32 {
  return (blake3ContextBytes() + 63) & ~63;
}
