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
 *   LANES           224 bytes  messages of a batch that are under way (message-lanes.ts)
 *   LEAVES         8320 bytes  chaining values of up to 256 chunks, halved in place level by level, and four that mean nothing
 *
 * Invariant: only the hasher (hasher.ts) keeps anything from one call to the next, and only in the first four fields. So one area
 * serves a running hasher and one-shot calls in turn; two hashers, or two threads, need two areas.
 */
import { SCRATCH_BYTES } from "../generated/blake3-lanes";
import { BLOCK_BYTES, CHUNK_BYTES, HASH_BYTES } from "./constants";
import { LANES_BYTES } from "./message-lanes";

/** How many chunks are hashed before their tree is built: many enough to fill the lanes, few enough for the first-level cache. */
export const LEAF_CHUNKS: u32 = 256;
/** Parents left over are taken as four (hashParents): what lies behind the last leaf is read then. */
const SPARE_LEAVES: u32 = 4;

/**
 * A stack is its number of entries, u32, and from STACK_VALUES on the entries; a 64-bit chunk count has at most 64, and one not
 * yet merged.
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

/** Size of the area in bytes. */
export function blake3ContextBytes(): u32 {
  return <u32>LEAVES + (LEAF_CHUNKS + SPARE_LEAVES) * HASH_BYTES;
}
