/**
 * The same work by the kernel for five inputs and by its sibling for four, exported so that a check can compare their speed. Five
 * should be 1.0 (cores that are six instructions wide) to 1.1 times as fast (wider ones). When the kernel no longer fits the
 * registers, a ratio near 0.5 is the only thing that tells.
 * Both write the chaining values of chunks number 0 and up to `output`; chunks that do not fill a group are left out.
 */
import { hashFive } from "../generated/blake3-lanes";
import { CHUNK_BLOCKS, CHUNK_BYTES, CHUNK_END, CHUNK_START, HASH_BYTES } from "./constants";
import { SCRATCH } from "./context";
import { hashFour } from "./four";

/** Hashes `chunks` whole chunks, a multiple of four, four at a time. */
export function blake3HashChunksFour(context: usize, bytes: usize, chunks: u32, output: usize): void {
  const scratch = context + SCRATCH;
  for (let chunk: u32 = 0; chunk + 4 <= chunks; chunk += 4) {
    hashFour(bytes, CHUNK_BYTES, CHUNK_BLOCKS, chunk, 1, CHUNK_START, CHUNK_END, output, scratch);
    bytes += 4 * CHUNK_BYTES;
    output += 4 * HASH_BYTES;
  }
}

/** Hashes `chunks` whole chunks, a multiple of five, five at a time. */
export function blake3HashChunksFive(context: usize, bytes: usize, chunks: u32, output: usize): void {
  const scratch = context + SCRATCH;
  for (let chunk: u32 = 0; chunk + 5 <= chunks; chunk += 5) {
    hashFive(bytes, CHUNK_BYTES, CHUNK_BLOCKS, chunk, 1, CHUNK_START, CHUNK_END, output, scratch, bytes);
    bytes += 5 * CHUNK_BYTES;
    output += 5 * HASH_BYTES;
  }
}
