/**
 * Incremental hasher: takes a message in pieces of any length, or as chaining values of subtrees that were hashed elsewhere.
 *
 * Layout: CHUNK_COUNT, BUFFERED, BUFFER and HASHER_STACK in the context area (context.ts).
 * Invariants: the stack stands for the first CHUNK_COUNT chunks, BUFFER holds the bytes behind them. If BUFFER holds any, the stack is merged.
 * The root is never compressed before blake3Final: subtrees of the message are pushed on the stack as two halves, chunks one by one, and
 * neighbours on the stack are merged only when more is pushed. The first chunk of a message is pushed only with more bytes behind it.
 * Source: BLAKE3 paper, section 5.1.
 */
import { hashChunk, hashChunks } from "./chunks";
import { CHUNK_BYTES, HASH_BYTES, ROOT } from "./constants";
import { BUFFER, BUFFERED, CHILDREN, CHUNK_COUNT, HASHER_STACK, LEAF_CHUNKS, LEAVES } from "./context";
import { clearStack, copyHash, hashStack, mergeStack, pushOnStack, stackEntries, stackEntry } from "./stack";
import { joinLeaves } from "./tree";

/** Begins a message. */
export function blake3Init(context: usize): void {
  store<u64>(context, 0, CHUNK_COUNT);
  store<u32>(context, 0, BUFFERED);
  clearStack(context + HASHER_STACK);
}

/** Continues the message with `length` bytes, which must not overlap the context. */
export function blake3Update(context: usize, bytes: usize, length: u32): void {
  const buffered = load<u32>(context, BUFFERED);
  if (buffered > 0) {
    const taken = min(CHUNK_BYTES - buffered, length);
    memory.copy(context + BUFFER + buffered, bytes, taken);
    store<u32>(context, buffered + taken, BUFFERED);
    if (taken == length) return;
    pushBuffer(context);
    bytes += taken;
    length -= taken;
  }
  const taken = pushSubtrees(context, bytes, length);
  const rest = length - taken;
  if (rest == 0) return;
  memory.copy(context + BUFFER, bytes + taken, rest);
  store<u32>(context, rest, BUFFERED);
  mergeStack(context + HASHER_STACK, load<u64>(context, CHUNK_COUNT));
}

/**
 * Continues the message with a subtree of `chunks` chunks, given by its chaining value (blake3Subtree). Returns false, and changes nothing,
 * unless `chunks` is a power of two and the number of chunks so far is a multiple of it. A chunk that is not whole may be given by its
 * chaining value only as the end of the message.
 */
export function blake3PushSubtree(context: usize, chainingValue: usize, chunks: u32): bool {
  const buffered = load<u32>(context, BUFFERED);
  if (buffered % CHUNK_BYTES != 0) return false;
  const before = load<u64>(context, CHUNK_COUNT) + buffered / CHUNK_BYTES;
  if (popcnt(chunks) != 1 || (before & (chunks - 1)) != 0) return false;
  if (buffered > 0) pushBuffer(context);
  pushOnStack(context + HASHER_STACK, chainingValue, before);
  store<u64>(context, before + chunks, CHUNK_COUNT);
  return true;
}

/**
 * Writes the digest, 32 bytes, of the message so far. The state does not change: the message may go on afterwards. Returns false, and writes
 * nothing, if the message is a single pushed subtree, since the root cannot be computed from its chaining value.
 */
export function blake3Final(context: usize, output: usize): bool {
  const stack = context + HASHER_STACK;
  const buffered = load<u32>(context, BUFFERED);
  const chunkCount = load<u64>(context, CHUNK_COUNT);
  const right = context + CHILDREN + HASH_BYTES;
  let entries = stackEntries(stack);
  if (entries == 0) {
    hashChunk(context, context + BUFFER, buffered, 0, ROOT, output);
    return true;
  }
  if (buffered > 0) {
    hashChunk(context, context + BUFFER, buffered, chunkCount, 0, right);
  } else {
    entries--;
    if (entries == 0) return false;
    copyHash(right, stackEntry(stack, entries));
  }
  hashStack(context, stack, entries, output);
  return true;
}

/** Makes the full buffer, behind which the message goes on, a finished chunk. */
function pushBuffer(context: usize): void {
  const counter = load<u64>(context, CHUNK_COUNT);
  const leaf = context + LEAVES;
  hashChunk(context, context + BUFFER, CHUNK_BYTES, counter, 0, leaf);
  pushOnStack(context + HASHER_STACK, leaf, counter);
  store<u64>(context, counter + 1, CHUNK_COUNT);
  store<u32>(context, 0, BUFFERED);
}

/**
 * Takes the chunks of the bytes, as long as more than one chunk is left. Many chunks are hashed at once, whatever subtrees they belong to, so that
 * the lanes are full; then the leaves of each of the largest aligned subtrees are joined and pushed. Returns the number of bytes taken.
 */
function pushSubtrees(context: usize, bytes: usize, length: u32): u32 {
  let counter = load<u64>(context, CHUNK_COUNT);
  let taken: u32 = 0;
  while (length - taken > CHUNK_BYTES) {
    const chunks = min(LEAF_CHUNKS, (length - taken) / CHUNK_BYTES);
    hashChunks(context, bytes + taken, chunks, counter, context + LEAVES);
    pushLeaves(context, chunks, counter);
    counter += chunks;
    taken += chunks * CHUNK_BYTES;
  }
  store<u64>(context, counter, CHUNK_COUNT);
  return taken;
}

/** Pushes the subtrees of `chunks` LEAVES, the first of which is chunk number `counter`. */
function pushLeaves(context: usize, chunks: u32, counter: u64): void {
  const stack = context + HASHER_STACK;
  let leaves = context + LEAVES;
  while (chunks > 0) {
    const subtree = subtreeChunks(chunks, counter);
    if (subtree == 1) {
      pushOnStack(stack, leaves, counter);
    } else {
      joinLeaves(context, leaves, subtree, 2);
      pushOnStack(stack, leaves, counter);
      pushOnStack(stack, leaves + HASH_BYTES, counter + subtree / 2);
    }
    leaves += subtree * HASH_BYTES;
    counter += subtree;
    chunks -= subtree;
  }
}

/** The largest power of two, at most LEAF_CHUNKS and `available`, that divides `counter`. */
function subtreeChunks(available: u32, counter: u64): u32 {
  let chunks = min(LEAF_CHUNKS, <u32>1 << (31 - clz(available)));
  while ((counter & (chunks - 1)) != 0) chunks >>= 1;
  return chunks;
}
