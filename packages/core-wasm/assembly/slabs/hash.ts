/**
 * Hashes one slab after its block headers were walked: BLAKE3 subtrees of the file, whole blocks if all of their bytes lie in the window, and
 * BLAKE3 subtrees of the other blocks. Hashing a slab does not wait for another thread.
 *
 * Layout: area.ts describes the memory of the thread, slot.ts the results that merge.ts reads.
 * Invariants: the PrevHash of a block is compared with the hash of the block before it in the slab in which the block before it ends. This
 * file compares it if all bytes of the block before it lie in the window; merge.ts compares it if the hash of the block before it is merged
 * from subtrees. A chunk belongs to the slab in which the chunk ends. If the first chunk of a block ends in the same slab as the block, all
 * bytes of the block lie in the window, since no chunk of the block belongs to an earlier slab. The hash of a block of one chunk is therefore
 * never merged from subtrees.
 * Source: specification, integrity; BLAKE3 paper, section 2.1.
 */
import {
  HEADER_PREV_HASH,
  SLAB_BREAKS,
  SLAB_END,
  SLAB_ENDED,
  SLAB_FILE_END,
  SLAB_INDEX,
  SLAB_MAX_BREAKS,
  SLAB_NEXT,
  SLAB_PREVIOUS,
  SLAB_SIZE,
  SLAB_START,
  SLAB_STARTED,
} from "../../src/layout";
import { BATCH_MESSAGES, blake3HashBatch, describeMessage } from "../blake3/batch";
import { CHUNK_BYTES, HASH_BYTES } from "../blake3/constants";
import { blake3Hash } from "../blake3/tree";
import { blockLength } from "../block-header";
import { addressOf, compareLink, CONTEXT, DESCRIPTORS, DIGESTS, isBlockAt } from "./area";
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
 * Hashes the slab in `area`, and records broken links in its break table. Each call first empties the table. Returns true when the table may
 * be too full for the broken links of one more batch: the caller then reads the table and calls `hashSlab` again.
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
    if (load<u32>(area, SLAB_BREAKS) > <u32>SLAB_MAX_BREAKS - BATCH_MESSAGES) return true;
  }
  hashLeavingBlock(area, slot);
  return false;
}

/**
 * Hashes the subtrees of the file that end in the slab. The bytes of the file's first chunk are copied to the slot instead, because merge.ts
 * hashes this chunk with two different file headers. The bytes of a last chunk that is cut off by the end of the hashed range are copied too,
 * because `hashPieces` takes only whole chunks.
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

/**
 * Hashes the element before the first block header of the slab: the block that began in an earlier slab, or the file header in the first slab.
 * If not all bytes of a block lie in the window, hashes the block's subtrees that end in the slab.
 */
function hashEnteringElement(area: usize, slot: usize): void {
  const start = load<u64>(area, SLAB_START);
  const offset = load<u64>(area, SLAB_PREVIOUS);
  const end = load<u64>(area, SLAB_NEXT);
  // A block that is cut off by the end of the file needs no hash, because no later block has a PrevHash to compare it with.
  if (end <= start || end > load<u64>(area, SLAB_SIZE)) return;
  const isWhole = offset + CHUNK_BYTES > start && end <= load<u64>(area, SLAB_END);
  if (!isWhole) {
    hashEnteringBlock(area, slot, offset, end);
  } else if (isBlockAt(area, end)) {
    blake3Hash(area + CONTEXT, addressOf(area, offset), <u32>(end - offset), area + DIGESTS);
    compareLink(area, addressOf(area, end) + HEADER_PREV_HASH, area + DIGESTS, load<u32>(area, SLAB_INDEX), end, offset);
  }
}

/**
 * Hashes the subtrees that end in this slab, of a block that began in an earlier slab. If the block ends in this slab, copies to the slot the
 * bytes of its last chunk if that is shorter than a whole chunk, and the PrevHash of the block that follows.
 */
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
  memory.copy(slot + SLOT_FOLLOWER_PREV_HASH, addressOf(area, end) + HEADER_PREV_HASH, HASH_BYTES);
}

/** Hashes the next batch of blocks that begin and end in the slab, and compares their links. Returns false when no such block is left. */
function hashBatch(area: usize): bool {
  const start = load<u64>(area, SLAB_NEXT);
  const end = load<u64>(area, SLAB_END);
  let next = start;
  let count: u32 = 0;
  while (count < BATCH_MESSAGES && next < end && isBlockAt(area, next)) {
    const header = addressOf(area, next);
    const length = blockLength(header);
    if (next + length > end) break;
    describeMessage(area + DESCRIPTORS, count, header, length, area + DIGESTS);
    next += length;
    count++;
  }
  if (count == 0) return false;
  blake3HashBatch(area + CONTEXT, area + DESCRIPTORS, count);
  compareBatch(area, start, count);
  return true;
}

/** Compares the hash of each of `count` blocks, the first at file offset `offset`, with the PrevHash of the block behind it. */
function compareBatch(area: usize, offset: u64, count: u32): void {
  let index = load<u32>(area, SLAB_INDEX);
  for (let position: u32 = 0; position < count; position++) {
    const digest = area + DIGESTS + position * HASH_BYTES;
    const next = offset + blockLength(addressOf(area, offset));
    index++;
    if (isBlockAt(area, next)) compareLink(area, addressOf(area, next) + HEADER_PREV_HASH, digest, index, next, offset);
    offset = next;
  }
  store<u64>(area, offset, SLAB_NEXT);
  store<u32>(area, index, SLAB_INDEX);
}

/** Hashes the subtrees that end in the slab, of a block that begins in the slab and ends behind the slab. */
function hashLeavingBlock(area: usize, slot: usize): void {
  const offset = load<u64>(area, SLAB_NEXT);
  const end = load<u64>(area, SLAB_END);
  if (offset >= end || !isBlockAt(area, offset)) return;
  if (offset + blockLength(addressOf(area, offset)) > load<u64>(area, SLAB_SIZE)) return;
  store<u32>(slot, 1, SLOT_LEAVES);
  hashPieces(area + CONTEXT, slot, SLOT_LEAVING_PIECES, addressOf(area, offset), 0, (end - offset) / CHUNK_BYTES);
}
