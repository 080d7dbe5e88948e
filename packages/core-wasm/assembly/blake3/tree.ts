/**
 * The binary tree over consecutive chunks in memory: the digest of a whole message, or the chaining value of a subtree. Up to 256 chunks are
 * joined in LEAVES level by level; more chunks are joined on TREE_STACK in steps of 256.
 *
 * Layout: context.ts.
 * Source: BLAKE3 paper, section 2.1.
 */
import { hashChunk, hashChunks, hashParent, hashParents } from "./chunks";
import { CHUNK_BYTES, HASH_BYTES, ROOT } from "./constants";
import { CHILDREN, LEAF_CHUNKS, LEAVES, TREE_STACK } from "./context";
import { clearStack, copyHash, hashStack, mergeStack, pushOnStack, stackEntries, stackEntry } from "./stack";

const LEAF_BYTES: u32 = LEAF_CHUNKS * CHUNK_BYTES;

/** Digest, 32 bytes at `output`, of the `length` bytes at `message`. Leaves a running hasher of the same context alone. */
export function blake3Hash(context: usize, message: usize, length: u32, output: usize): void {
  if (length <= CHUNK_BYTES) {
    hashChunk(context, message, length, 0, ROOT, output);
    return;
  }
  const leaves = context + LEAVES;
  if (length <= LEAF_BYTES) {
    joinLeaves(context, leaves, hashLeaves(context, message, length, 0), 2);
    hashParent(leaves, ROOT, output);
    return;
  }
  const stack = context + TREE_STACK;
  clearStack(stack);
  let steps: u64 = 0;
  for (; length > LEAF_BYTES; length -= LEAF_BYTES) {
    hashChunks(context, message, LEAF_CHUNKS, steps * LEAF_CHUNKS, leaves);
    joinLeaves(context, leaves, LEAF_CHUNKS, 1);
    pushOnStack(stack, leaves, steps);
    message += LEAF_BYTES;
    steps++;
  }
  mergeStack(stack, steps);
  joinLeaves(context, leaves, hashLeaves(context, message, length, steps * LEAF_CHUNKS), 1);
  copyHash(context + CHILDREN + HASH_BYTES, leaves);
  hashStack(context, stack, stackEntries(stack), output);
}

/**
 * Chaining value, 32 bytes at `output`, of a subtree that is not the whole message: `chunks` whole chunks at `bytes`. `chunks` is a power of two.
 * The number of the first chunk in its message, 64 bits in two halves, is a multiple of `chunks`. Leaves a running hasher of the same context
 * alone.
 */
export function blake3Subtree(
  context: usize,
  bytes: usize,
  chunks: u32,
  firstChunkLow: u32,
  firstChunkHigh: u32,
  output: usize,
): void {
  const firstChunk = ((<u64>firstChunkHigh) << 32) | firstChunkLow;
  const leaves = context + LEAVES;
  if (chunks <= LEAF_CHUNKS) {
    hashSubtreeLeaves(context, bytes, chunks, firstChunk, 1);
    copyHash(output, leaves);
    return;
  }
  const stack = context + TREE_STACK;
  const steps = chunks / LEAF_CHUNKS;
  clearStack(stack);
  for (let step: u32 = 0; step < steps; step++) {
    hashSubtreeLeaves(context, bytes + step * LEAF_BYTES, LEAF_CHUNKS, firstChunk + step * LEAF_CHUNKS, 1);
    pushOnStack(stack, leaves, step);
  }
  mergeStack(stack, steps);
  copyHash(output, stackEntry(stack, 0));
}

/** Hashes a subtree of `chunks` whole chunks, a power of two up to 256, down to `remaining` (1 or 2) chaining values in LEAVES. */
function hashSubtreeLeaves(context: usize, bytes: usize, chunks: u32, firstChunk: u64, remaining: u32): void {
  hashChunks(context, bytes, chunks, firstChunk, context + LEAVES);
  joinLeaves(context, context + LEAVES, chunks, remaining);
}

/** Fills LEAVES with the chaining values of 1 to 262,144 bytes; the last chunk need not be whole. Returns their number. */
function hashLeaves(context: usize, bytes: usize, length: u32, firstChunk: u64): u32 {
  const leaves = context + LEAVES;
  const whole = length / CHUNK_BYTES;
  const rest = length % CHUNK_BYTES;
  hashChunks(context, bytes, whole, firstChunk, leaves);
  if (rest == 0) return whole;
  hashChunk(context, bytes + whole * CHUNK_BYTES, rest, firstChunk + whole, 0, leaves + whole * HASH_BYTES);
  return whole + 1;
}

/**
 * Builds the tree over the `count` chaining values at `leaves`, in LEAVES, up to the level with `remaining` (1 or 2) nodes. An odd node at the end of
 * a level moves up. Values behind the `count` values stay as they are if `count` is a power of two.
 */
export function joinLeaves(context: usize, leaves: usize, count: u32, remaining: u32): void {
  while (count > remaining) {
    const parents = count / 2;
    hashParents(context, leaves, parents, leaves);
    if (count % 2 == 1) copyHash(leaves + parents * HASH_BYTES, leaves + (count - 1) * HASH_BYTES);
    count = parents + (count % 2);
  }
}
