/**
 * Chaining values of chunks and of parents, one or many at a time. Many inputs are taken five at a time, then four, then one. Their chaining
 * values are written one after the other to `output`.
 *
 * Layout: context.ts for LAST_BLOCKS and SCRATCH.
 * Source: BLAKE3 paper, sections 2.4 and 2.5.
 */
import { compressBlocks, hashFive } from "../generated/blake3-lanes";
import { BLOCK_BYTES, CHUNK_BLOCKS, CHUNK_BYTES, CHUNK_END, CHUNK_START, HASH_BYTES, PARENT } from "./constants";
import { LAST_BLOCKS, SCRATCH } from "./context";
import { hashFour } from "./four";
import { lastBlockIndex, padBlock } from "./padding";

/** Chaining value of chunk number `counter` of a message, 0 to 1024 bytes; with `root` = ROOT, the digest of a message of one chunk. */
export function hashChunk(context: usize, bytes: usize, length: u32, counter: u64, root: u32, output: usize): void {
  const blocks = lastBlockIndex(length) + 1;
  const lastLength = length - (blocks - 1) * BLOCK_BYTES;
  let last = bytes + (blocks - 1) * BLOCK_BYTES;
  if (lastLength < BLOCK_BYTES) {
    padBlock(context + LAST_BLOCKS, last, lastLength);
    last = context + LAST_BLOCKS;
  }
  compressBlocks(bytes, blocks, last, lastLength, counter, CHUNK_START, CHUNK_END | root, output);
}

/** Chaining values of `chunks` whole chunks, the first of which is number `counter`. */
export function hashChunks(context: usize, bytes: usize, chunks: u32, counter: u64, output: usize): void {
  while (fiveAreBest(chunks)) {
    // Prefetches the group after the next, where three groups are left and it has all its bytes.
    const ahead = chunks >= 15 ? bytes + 10 * CHUNK_BYTES : bytes;
    hashFive(bytes, CHUNK_BYTES, CHUNK_BLOCKS, counter, 1, CHUNK_START, CHUNK_END, output, context + SCRATCH, ahead);
    bytes += 5 * CHUNK_BYTES;
    chunks -= 5;
    counter += 5;
    output += 5 * HASH_BYTES;
  }
  while (chunks >= 4) {
    hashFour(bytes, CHUNK_BYTES, CHUNK_BLOCKS, counter, 1, CHUNK_START, CHUNK_END, output, context + SCRATCH);
    bytes += 4 * CHUNK_BYTES;
    chunks -= 4;
    counter += 4;
    output += 4 * HASH_BYTES;
  }
  for (; chunks > 0; chunks--) {
    hashChunk(context, bytes, CHUNK_BYTES, counter, 0, output);
    bytes += CHUNK_BYTES;
    counter++;
    output += HASH_BYTES;
  }
}

/** Eight, twelve and sixteen inputs are hashed faster as fours than as fives and a remainder. */
@inline
function fiveAreBest(inputs: u32): bool {
  return inputs >= 5 && inputs != 8 && inputs != 12 && inputs != 16;
}

/** Chaining value of the parent of the two chaining values at `children`; with `root` = ROOT, the digest. `output` may be `children`. */
export function hashParent(children: usize, root: u32, output: usize): void {
  compressBlocks(children, 1, children, BLOCK_BYTES, 0, PARENT | root, 0, output);
}

/**
 * Chaining values of `parents` parents of twice as many `children`. `output` may be `children`. The last two or three parents are hashed as
 * four, which is faster: up to four more chaining values are read behind the children, and up to two arbitrary values written behind the
 * output.
 */
export function hashParents(context: usize, children: usize, parents: u32, output: usize): void {
  while (fiveAreBest(parents)) {
    hashFive(children, BLOCK_BYTES, 1, 0, 0, PARENT, 0, output, context + SCRATCH, children);
    children += 5 * BLOCK_BYTES;
    parents -= 5;
    output += 5 * HASH_BYTES;
  }
  while (parents >= 2) {
    hashFour(children, BLOCK_BYTES, 1, 0, 0, PARENT, 0, output, context + SCRATCH);
    children += 4 * BLOCK_BYTES;
    parents -= min(parents, 4);
    output += 4 * HASH_BYTES;
  }
  if (parents == 1) hashParent(children, 0, output);
}

/**
 * Chaining values of `chunks` whole chunks, a multiple of four, by the kernel for four inputs. This function and its sibling below are only
 * exported so that a check can compare the speed of the two kernels. The kernel for five inputs should be 1.0 times (processor cores that are
 * six instructions wide) to 1.1 times (wider cores) as fast. When its code no longer fits the registers, only a ratio near 0.5 shows it.
 */
export function blake3HashChunksFour(context: usize, bytes: usize, chunks: u32, output: usize): void {
  const scratch = context + SCRATCH;
  for (let chunk: u32 = 0; chunk + 4 <= chunks; chunk += 4) {
    hashFour(bytes, CHUNK_BYTES, CHUNK_BLOCKS, chunk, 1, CHUNK_START, CHUNK_END, output, scratch);
    bytes += 4 * CHUNK_BYTES;
    output += 4 * HASH_BYTES;
  }
}

/** Chaining values of `chunks` whole chunks, a multiple of five, by the kernel for five inputs. */
export function blake3HashChunksFive(context: usize, bytes: usize, chunks: u32, output: usize): void {
  const scratch = context + SCRATCH;
  for (let chunk: u32 = 0; chunk + 5 <= chunks; chunk += 5) {
    hashFive(bytes, CHUNK_BYTES, CHUNK_BLOCKS, chunk, 1, CHUNK_START, CHUNK_END, output, scratch, bytes);
    bytes += 5 * CHUNK_BYTES;
    output += 5 * HASH_BYTES;
  }
}
