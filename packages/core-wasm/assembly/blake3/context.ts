/**
 * The context area of the BLAKE3 kernels, 64-byte aligned:
 *
 *   CHUNK_COUNT       8 bytes  u64, chunks that the hasher's stack stands for
 *   BUFFERED          4 bytes  u32, bytes in BUFFER, 0 to 1024
 *   BUFFER         1024 bytes  the hasher's unfinished chunk
 *   HASHER_STACK   2112 bytes  chaining values of its finished subtrees (stack.ts)
 *   TREE_STACK     2112 bytes  the same for a one-shot hash or a subtree that does not fit into LEAVES
 *   LAST_BLOCKS     256 bytes  padded last blocks of up to four messages
 *   CHILDREN         64 bytes  two chaining values about to become a parent
 *   SCRATCH         448 bytes  words of the kernels for several inputs
 *   LANES           224 bytes  messages of a batch that are being hashed (message-lanes.ts)
 *   LEAVES         8320 bytes  chaining values of up to 256 chunks, halved in place level by level, and room for four that are not used
 *
 * Invariant: only the hasher (hasher.ts) keeps state from one call to the next, and only in the first four fields. One area therefore
 * serves a running hasher and one-shot calls in turn; two hashers, or two threads, need two areas.
 * Source: BLAKE3 paper, section 5.1.2.
 */
import { SCRATCH_BYTES } from "../generated/blake3-lanes";
import { BLOCK_BYTES, CHUNK_BYTES, HASH_BYTES } from "./constants";
import { LANES_BYTES } from "./message-lanes";

/** Chunks that are hashed before their tree is built: enough to fill the lanes, few enough for the first-level cache. */
export const LEAF_CHUNKS: u32 = 256;
/** `hashParents` takes the last two or three parents as four, and so reads behind the last leaf. */
const SPARE_LEAVES: u32 = 4;

/**
 * A stack is its number of entries, u32, and from STACK_VALUES on the entries: one for each set bit of a 64-bit chunk count, and one that is
 * not yet merged.
 */
export const STACK_VALUES: usize = 32;
const STACK_BYTES: usize = STACK_VALUES + 65 * HASH_BYTES;

export const CHUNK_COUNT: usize = 0;
export const BUFFERED: usize = 8;
export const BUFFER: usize = 64;
export const HASHER_STACK: usize = BUFFER + CHUNK_BYTES;
export const TREE_STACK: usize = HASHER_STACK + STACK_BYTES;
export const LAST_BLOCKS: usize = TREE_STACK + STACK_BYTES;
export const CHILDREN: usize = LAST_BLOCKS + 4 * BLOCK_BYTES;
export const SCRATCH: usize = CHILDREN + 2 * HASH_BYTES;
export const LANES: usize = SCRATCH + SCRATCH_BYTES;
export const LEAVES: usize = LANES + LANES_BYTES;

/** Bytes from one context to the next where several lie side by side, each of them aligned. */
@inline
export function contextStride(): u32 {
  return (blake3ContextBytes() + 63) & ~63;
}

/** Size of the area in bytes. */
export function blake3ContextBytes(): u32 {
  return <u32>LEAVES + (LEAF_CHUNKS + SPARE_LEAVES) * HASH_BYTES;
}
