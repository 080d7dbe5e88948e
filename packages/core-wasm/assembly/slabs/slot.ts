/**
 * Slot: what hashing one slab leaves for the merge: chaining values of the subtrees that lie in the slab ("pieces"), and copies of the bytes
 * that are no whole subtree.
 *
 * Layout, 64-byte aligned:
 *
 *   FILE_PIECES        4 bytes  u32, subtrees of the file
 *   ENTERING_PIECES    4 bytes  u32, subtrees of the block that began before the slab
 *   LEAVING_PIECES     4 bytes  u32, subtrees of the block that ends behind the slab
 *   LEAVES             4 bytes  u32, 1 if a block begins in the slab and ends behind it
 *   LEAD_LENGTH        4 bytes  u32, bytes in LEAD
 *   FILE_TAIL_LENGTH   4 bytes  u32, bytes in FILE_TAIL
 *   BLOCK_TAIL_LENGTH  4 bytes  u32, bytes in BLOCK_TAIL
 *   FOLLOWED           4 bytes  u32, 1 if the block that began before the slab ends here and another block follows it
 *   FOLLOWER_INDEX     4 bytes  u32, index of the following block
 *   FOLLOWER_OFFSET    8 bytes  u64, file offset of the following block
 *   ENTERING_OFFSET    8 bytes  u64, file offset of the block that began before the slab
 *   FOLLOWER_PREV_HASH 32 bytes PrevHash of the following block
 *   PIECES            96 entries of 48 bytes: chaining value 32, u32 chunks; file, entering, leaving
 *   LEAD            1024 bytes  the bytes of the file's first chunk behind the file header
 *   FILE_TAIL       1024 bytes  the last chunk before End-of-Capture
 *   BLOCK_TAIL      1024 bytes  the last chunk of the block that began before the slab
 *
 * A range of chunks consists of at most two subtrees per power of two, so that 3 x 32 entries serve slabs of up to 2^15 chunks.
 */
import { CHUNK_BYTES, HASH_BYTES } from "../blake3/constants";
import { blake3Subtree } from "../blake3/tree";

export const SLOT_FILE_PIECES: usize = 0;
export const SLOT_ENTERING_PIECES: usize = 4;
export const SLOT_LEAVING_PIECES: usize = 8;
export const SLOT_LEAVES: usize = 12;
export const SLOT_LEAD_LENGTH: usize = 16;
export const SLOT_FILE_TAIL_LENGTH: usize = 20;
export const SLOT_BLOCK_TAIL_LENGTH: usize = 24;
export const SLOT_FOLLOWED: usize = 28;
export const SLOT_FOLLOWER_INDEX: usize = 32;
export const SLOT_FOLLOWER_OFFSET: usize = 40;
export const SLOT_ENTERING_OFFSET: usize = 48;
export const SLOT_FOLLOWER_PREV_HASH: usize = 64;
export const SLOT_PIECES: usize = 128;
export const PIECE_BYTES: usize = 48;
const MAX_PIECES: usize = 96;
export const SLOT_LEAD: usize = SLOT_PIECES + MAX_PIECES * PIECE_BYTES;
export const SLOT_FILE_TAIL: usize = SLOT_LEAD + CHUNK_BYTES;
export const SLOT_BLOCK_TAIL: usize = SLOT_FILE_TAIL + CHUNK_BYTES;

/** Size of a slot in bytes. */
export function slabSlotBytes(): u32 {
  return <u32>SLOT_BLOCK_TAIL + CHUNK_BYTES;
}

/** Clears the counters and flags of the slab that used the slot before. */
export function clearSlot(slot: usize): void {
  memory.fill(slot, 0, SLOT_PIECES);
}

/**
 * Hashes the chunks numbered `first` to `end` (exclusive) of a message as the largest subtrees that they consist of. Chunk `first` lies at
 * `bytes`. Adds the number of subtrees to the counter at `slot` + `counter`; kinds that come later in PIECES must not have any yet.
 */
export function hashPieces(context: usize, slot: usize, counter: usize, bytes: usize, first: u64, end: u64): void {
  let piece = slot + SLOT_PIECES + <usize>pieceCount(slot) * PIECE_BYTES;
  let count = load<u32>(slot + counter);
  while (first < end) {
    const chunks = largestSubtree(first, end);
    blake3Subtree(context, bytes, chunks, <u32>first, <u32>(first >> 32), piece);
    store<u32>(piece, chunks, HASH_BYTES);
    piece += PIECE_BYTES;
    count++;
    bytes += chunks * CHUNK_BYTES;
    first += chunks;
  }
  store<u32>(slot + counter, count);
}

function pieceCount(slot: usize): u32 {
  return load<u32>(slot, SLOT_FILE_PIECES) + load<u32>(slot, SLOT_ENTERING_PIECES) + load<u32>(slot, SLOT_LEAVING_PIECES);
}

/** Chunks of the largest subtree that begins at `first` and does not pass `end`. */
function largestSubtree(first: u64, end: u64): u32 {
  const fitting = <u64>1 << (63 - clz<u64>(end - first));
  const aligned = first & (0 - first);
  return <u32>(first == 0 ? fitting : min(fitting, aligned));
}
