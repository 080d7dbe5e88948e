/**
 * The last block of a chunk: 0 to 64 bytes, filled up with zeros.
 *
 * Invariant: no byte outside the chunk is read.
 * Source: BLAKE3 paper, section 2.4.
 */
import { BLOCK_BYTES } from "./constants";

/** Index of the last block of a chunk of `length` bytes. An empty chunk has one block. */
@inline
export function lastBlockIndex(length: u32): u32 {
  return length == 0 ? 0 : (length - 1) / BLOCK_BYTES;
}

/**
 * Copies `length` bytes, at most 64, to `block`, and fills it up with zeros. Copies overlapping vectors and words, because a call of the engine
 * for memory.copy or memory.fill would cost more than the copy.
 */
export function padBlock(block: usize, bytes: usize, length: u32): void {
  const zero = i64x2.splat(0);
  v128.store(block, zero);
  v128.store(block, zero, 16);
  v128.store(block, zero, 32);
  v128.store(block, zero, 48);
  if (length >= 16) {
    const last = length - 16;
    for (let at: u32 = 0; at < last; at += 16) v128.store(block + at, v128.load(bytes + at));
    v128.store(block + last, v128.load(bytes + last));
  } else if (length >= 8) {
    const last = load<u64>(bytes + length - 8);
    store<u64>(block, load<u64>(bytes));
    store<u64>(block + length - 8, last);
  } else if (length >= 4) {
    const last = load<u32>(bytes + length - 4);
    store<u32>(block, load<u32>(bytes));
    store<u32>(block + length - 4, last);
  } else if (length > 0) {
    store<u8>(block, load<u8>(bytes));
    store<u8>(block + (length >> 1), load<u8>(bytes + (length >> 1)));
    store<u8>(block + length - 1, load<u8>(bytes + length - 1));
  }
}
