/**
 * Hashes one slab that was walked (specification, integrity): the file's subtrees, the blocks that lie in the window whole, and the
 * subtrees of blocks that go beyond it. Nothing here waits for another thread.
 *
 * Which thread sees a block's end compares its link; whole blocks by their bytes, others when their subtrees are merged (merge.ts).
 * A chunk of a block belongs to the slab in which it ends. A block whose first chunk ends in the same slab as the block itself lies in
 * the window whole: no slab before has a chunk of it. So a block of one chunk is never put together from subtrees.
 */
import { blake3HashBatch } from "../blake3/batch";
import { CHUNK_BYTES, HASH_BYTES } from "../blake3/constants";
import { DESCRIPTOR_BYTES } from "../blake3/descriptor";
import { blake3Hash } from "../blake3/tree";
import { blockLength, PREV_HASH } from "../block-header";
import {
  addressOf,
  BATCH,
  compareLink,
  CONTEXT,
  DESCRIPTORS,
  DIGESTS,
  isBlockAt,
  MAX_BREAKS,
  SLAB_BREAKS,
  SLAB_END,
  SLAB_ENDED,
  SLAB_FILE_END,
  SLAB_INDEX,
  SLAB_NEXT,
  SLAB_PREVIOUS,
  SLAB_SIZE,
  SLAB_START,
  SLAB_STARTED,
} from "./area";
import {
  clearSlot,
  hashPieces,
  SLOT_BLOCK_TAIL,
  SLOT_BLOCK_TAIL_LENGTH,
  SLOT_ENTERING_OFFSET,
  SLOT_ENTERING_PIECES,
  SLOT_FILE_PIECES,
  SLOT_FILE_TAIL,
  SLOT_FILE_TAIL_LENGTH,
  SLOT_FOLLOWED,
  SLOT_FOLLOWER_INDEX,
  SLOT_FOLLOWER_OFFSET,
  SLOT_FOLLOWER_PREV_HASH,
  SLOT_LEAD,
  SLOT_LEAD_LENGTH,
  SLOT_LEAVES,
  SLOT_LEAVING_PIECES,
} from "./slot";

/**
 * Hashes the slab in `area`. Each call forgets the broken links of the one before; returns true when it has to be called again because
 * there may be more than there is room for.
 */
export function hashSlab(area: usize, slot: usize): bool {
  store<u32>(area, 0, SLAB_BREAKS);
  if (load<u32>(area, SLAB_STARTED) == 0) {
    store<u32>(area, 1, SLAB_STARTED);
    clearSlot(slot);
    hashFile(area, slot);
    hashEnteringElement(area, slot);
  }
  if (load<u32>(area, SLAB_ENDED) != 0) return false;
  while (hashBatch(area)) {
    if (load<u32>(area, SLAB_BREAKS) > MAX_BREAKS - BATCH) return true;
  }
  hashLeavingBlock(area, slot);
  return false;
}

/**
 * The file's first chunk is left as it is, because a header variant changes it, and so is the last one, because a message of one
 * subtree has no chaining value.
 */
function hashFile(area: usize, slot: usize): void {
  const end = load<u64>(area, SLAB_FILE_END);
  const start = load<u64>(area, SLAB_START);
  if (start == 0) {
    const header = load<u64>(area, SLAB_NEXT);
    const length = <u32>(min(end, <u64>CHUNK_BYTES) - header);
    memory.copy(slot + SLOT_LEAD, addressOf(area, header), length);
    store<u32>(slot, length, SLOT_LEAD_LENGTH);
  }
  const first = max(start / CHUNK_BYTES, 1);
  const last = end / CHUNK_BYTES;
  if (last < first) return;
  hashPieces(area + CONTEXT, slot, SLOT_FILE_PIECES, addressOf(area, first * CHUNK_BYTES), first, last);
  const tail = <u32>(end - last * CHUNK_BYTES);
  memory.copy(slot + SLOT_FILE_TAIL, addressOf(area, last * CHUNK_BYTES), tail);
  store<u32>(slot, tail, SLOT_FILE_TAIL_LENGTH);
}

/** The element that began before the first block header of the slab: a block, or in the first slab the file header. */
function hashEnteringElement(area: usize, slot: usize): void {
  const start = load<u64>(area, SLAB_START);
  const offset = load<u64>(area, SLAB_PREVIOUS);
  const end = load<u64>(area, SLAB_NEXT);
  // A block that the end of the file cuts off has no follower to name its hash.
  if (end <= start || end > load<u64>(area, SLAB_SIZE)) return;
  const isWhole = offset + CHUNK_BYTES > start && end <= load<u64>(area, SLAB_END);
  if (!isWhole) {
    hashEnteringBlock(area, slot, offset, end);
  } else if (isBlockAt(area, end)) {
    blake3Hash(area + CONTEXT, addressOf(area, offset), <u32>(end - offset), area + DIGESTS);
    compareLink(area, addressOf(area, end) + PREV_HASH, area + DIGESTS, load<u32>(area, SLAB_INDEX), end, offset);
  }
}

/** The subtrees of a block from slabs before that end in this one; and its end, if it is here. */
function hashEnteringBlock(area: usize, slot: usize, offset: u64, end: u64): void {
  const start = load<u64>(area, SLAB_START);
  const slabEnd = load<u64>(area, SLAB_END);
  const first = offset > start ? 0 : (start - offset) / CHUNK_BYTES;
  const last = (min(end, slabEnd) - offset) / CHUNK_BYTES;
  hashPieces(area + CONTEXT, slot, SLOT_ENTERING_PIECES, addressOf(area, offset + first * CHUNK_BYTES), first, last);
  if (end > slabEnd) return;
  const tail = <u32>(end - offset - last * CHUNK_BYTES);
  memory.copy(slot + SLOT_BLOCK_TAIL, addressOf(area, end - tail), tail);
  store<u32>(slot, tail, SLOT_BLOCK_TAIL_LENGTH);
  if (!isBlockAt(area, end)) return;
  store<u32>(slot, 1, SLOT_FOLLOWED);
  store<u32>(slot, load<u32>(area, SLAB_INDEX), SLOT_FOLLOWER_INDEX);
  store<u64>(slot, end, SLOT_FOLLOWER_OFFSET);
  store<u64>(slot, offset, SLOT_ENTERING_OFFSET);
  memory.copy(slot + SLOT_FOLLOWER_PREV_HASH, addressOf(area, end) + PREV_HASH, HASH_BYTES);
}

/** Blocks that begin and end in the slab, as many as a batch holds; false when there is none left. */
function hashBatch(area: usize): bool {
  const start = load<u64>(area, SLAB_NEXT);
  const end = load<u64>(area, SLAB_END);
  let next = start;
  let count: u32 = 0;
  while (count < BATCH && next < end && isBlockAt(area, next)) {
    const header = addressOf(area, next);
    const length = blockLength(header);
    if (next + length > end) break;
    describe(area, count, header, length);
    next += length;
    count++;
  }
  if (count == 0) return false;
  blake3HashBatch(area + CONTEXT, area + DESCRIPTORS, count);
  compareBatch(area, start, count);
  return true;
}

function describe(area: usize, index: u32, message: usize, length: u32): void {
  const descriptor = area + DESCRIPTORS + <usize>index * DESCRIPTOR_BYTES;
  store<u32>(descriptor, <u32>message);
  store<u32>(descriptor, length, 4);
  store<u32>(descriptor, <u32>(area + DIGESTS + index * HASH_BYTES), 8);
  store<u32>(descriptor, 0, 12);
}

/** Compares the hashes of `count` blocks, the first of which lies at `offset`, with what the block after each of them names. */
function compareBatch(area: usize, offset: u64, count: u32): void {
  let index = load<u32>(area, SLAB_INDEX);
  for (let position: u32 = 0; position < count; position++) {
    const digest = area + DIGESTS + position * HASH_BYTES;
    const next = offset + blockLength(addressOf(area, offset));
    index++;
    if (isBlockAt(area, next)) compareLink(area, addressOf(area, next) + PREV_HASH, digest, index, next, offset);
    offset = next;
  }
  store<u64>(area, offset, SLAB_NEXT);
  store<u32>(area, index, SLAB_INDEX);
}

/** The subtrees of the block that begins in the slab and goes on after it. */
function hashLeavingBlock(area: usize, slot: usize): void {
  const offset = load<u64>(area, SLAB_NEXT);
  const end = load<u64>(area, SLAB_END);
  if (offset >= end || !isBlockAt(area, offset)) return;
  if (offset + blockLength(addressOf(area, offset)) > load<u64>(area, SLAB_SIZE)) return;
  store<u32>(slot, 1, SLOT_LEAVES);
  hashPieces(area + CONTEXT, slot, SLOT_LEAVING_PIECES, addressOf(area, offset), 0, (end - offset) / CHUNK_BYTES);
}
