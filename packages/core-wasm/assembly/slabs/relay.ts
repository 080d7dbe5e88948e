/**
 * Relay: what the threads that hash one file share, 64-byte aligned. JavaScript passes it from thread to thread: the first part belongs to
 * the thread whose slab is walked next, the second to the thread that merges. No access has to be atomic.
 *
 * Layout: the fields RELAY_* (src/layout.ts) for the walk, then for the merge
 *
 *   MERGE_HASH        32 bytes  hash of a block that spans slabs
 *   CONTEXTS                    three BLAKE3 contexts: the file, the file with the variant header, the block that spans slabs
 */
import { contextStride } from "../blake3/context";

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
