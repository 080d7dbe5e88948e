/**
 * Hashing parts of BLAKE3 messages in several threads over one shared memory: plain objects for `postMessage`, and the subtrees of which a part
 * consists. BLAKE3 is a tree over chunks of 1024 bytes, so that the chaining value of an aligned subtree can be computed anywhere and merged
 * later (BLAKE3 paper, section 2.1).
 */

import type { CoreExports } from "../exports.js";
import { HASH_BYTES } from "../layout.js";
import type { WasmMemory, WasmModule } from "../webassembly.js";

/** Bytes of a chunk. */
export const CHUNK_BYTES = 1024;

/** The values that a thread needs once, at its start. Addresses are those of the shared linear memory. */
export interface SubtreeThreadStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** The area in which this thread alone works. */
  readonly area: number;
}

/** Consecutive whole chunks of one message. */
export interface ChunkRange {
  /** Address of the first chunk. */
  readonly address: number;
  /** Number of the first chunk in its message. */
  readonly firstChunk: number;
  readonly chunks: number;
}

/** The parts of messages that a thread hashes at once. */
export type SubtreeJob = readonly ChunkRange[];

/** The most subtrees that a job has: a range of up to 2^15 chunks consists of at most two subtrees per power of two. */
export const MOST_SUBTREES = 128;

const HALF = 2 ** 32;

/** Writes the chaining values of all subtrees of the job behind each other, from `output` on. `context`: the area of a BLAKE3 context. Returns their end. */
export function hashSubtrees(kernels: CoreExports, context: number, output: number, job: SubtreeJob): number {
  let end = output;
  for (const range of job) {
    let { address, firstChunk } = range;
    for (const chunks of subtreesOf(range)) {
      kernels.blake3Subtree(context, address, chunks, firstChunk % HALF, Math.floor(firstChunk / HALF), end);
      address += chunks * CHUNK_BYTES;
      firstChunk += chunks;
      end += HASH_BYTES;
    }
  }
  return end;
}

/** Larger subtrees are not needed: no window has as many chunks. */
const LARGEST = 2 ** 15;

/** Chunks of each of the largest aligned subtrees of which a range consists, in order. */
export function* subtreesOf({ firstChunk, chunks }: Pick<ChunkRange, "firstChunk" | "chunks">): Generator<number> {
  for (let first = firstChunk, end = firstChunk + chunks; first < end; ) {
    const fitting = 2 ** (31 - Math.clz32(end - first));
    const low = first % LARGEST;
    const subtree = Math.min(fitting, low === 0 ? LARGEST : low & -low);
    yield subtree;
    first += subtree;
  }
}
