/**
 * Search for thousands of patterns at once, in the way of Wu and Manber ("A fast algorithm for multi-pattern searching", 1994).
 *
 * Each pattern has a key: `keyBytes` consecutive bytes in it that are compared without masks. The last BLOCK bytes of a key are its block. The
 * search looks at the block that ends at a place, and its table says how many places can be skipped because no key ends there. Where nothing can
 * be skipped, the patterns in the bucket of the block are compared.
 *
 * Layout of the table, for `buckets` buckets, a power of two:
 *   u8 x buckets      places to skip
 *   u32 x buckets     address of the first entry of the bucket, 0 if it has none
 * Entries: ENTRY_* (src/layout.ts). Matches are written as u32 offset, u32 index of the pattern. The cursor (MANY_*) is read and written.
 * Invariants: `fold` is or-ed to the three bytes of a block before it is hashed, in the window and in the table: 0x202020 if a pattern ignores
 * case, else 0. A key has at least 4 bytes, so that the byte before a block lies in the window.
 */
import { ENTRY_BEFORE, ENTRY_LENGTH, ENTRY_NEXT, ENTRY_PATTERN, ENTRY_VALUES, MANY_ENTRY, MANY_PLACE } from "../../src/layout";

/** The bytes of a block are the high three bytes of a word that ends with the block. */
const BLOCK_SHIFT: u32 = 8;
const HASH_FACTOR: u32 = 0x9e3779b1;

/** The bucket of a block. `word`: the four bytes that end with the block, little-endian. */
@inline
function bucketOf(word: u32, fold: u32, bits: u32): u32 {
  return (((word >> BLOCK_SHIFT) | fold) * HASH_FACTOR) >> (32 - bits);
}

/** Writes one entry into the table: `place` is how far behind the end of the block the key ends, 0 for the last block of the key. */
export function addBlock(table: usize, bits: u32, fold: u32, word: u32, place: u32, entry: usize): void {
  const bucket = bucketOf(word, fold, bits);
  const skip = table + bucket;
  if (place < <u32>load<u8>(skip)) store<u8>(skip, <u8>place);
  if (place != 0) return;
  const head = table + ((<usize>1) << bits) + ((<usize>bucket) << 2);
  store<u32>(entry, load<u32>(head), ENTRY_NEXT);
  store<u32>(head, <u32>entry);
}

/**
 * Writes matches that lie whole in the first `length` bytes of the window, at most `capacity`, and returns their number. If it is `capacity`, the
 * caller calls again. The place of the cursor is that of the last byte of a key, at first `keyBytes - 1`.
 */
export function findMany(
  window: usize,
  length: u32,
  table: usize,
  bits: u32,
  fold: u32,
  cursor: usize,
  output: usize,
  capacity: u32,
): u32 {
  const heads = table + ((<usize>1) << bits);
  let place: usize = load<u32>(cursor, MANY_PLACE);
  let entry: usize = load<u32>(cursor, MANY_ENTRY);
  let count: u32 = 0;
  while (place < length) {
    if (entry == 0) {
      const bucket = bucketOf(load<u32>(window + place - 3), fold, bits);
      const skip = <usize>load<u8>(table + bucket);
      if (skip != 0) {
        place += skip;
        continue;
      }
      entry = load<u32>(heads + ((<usize>bucket) << 2));
    }
    const start = <isize>place - <isize>load<u32>(entry, ENTRY_BEFORE);
    if (start >= 0 && verify(window + start, <usize>length - <usize>start, entry)) {
      const match = output + ((<usize>count) << 3);
      store<u32>(match, <u32>start);
      store<u32>(match, load<u32>(entry, ENTRY_PATTERN), 4);
      count++;
    }
    entry = load<u32>(entry, ENTRY_NEXT);
    if (entry == 0) place++;
    if (count == capacity) break;
  }
  store<u32>(cursor, <u32>place, MANY_PLACE);
  store<u32>(cursor, <u32>entry, MANY_ENTRY);
  return count;
}

/** Whether the pattern of an entry matches at `bytes`, and ends within `room` bytes. */
@inline
function verify(bytes: usize, room: usize, entry: usize): bool {
  const length: usize = load<u32>(entry, ENTRY_LENGTH);
  if (length > room) return false;
  const values = entry + ENTRY_VALUES;
  const masks = values + length;
  for (let i: usize = 0; i < length; i++) {
    if ((load<u8>(bytes + i) & load<u8>(masks + i)) != load<u8>(values + i)) return false;
  }
  return true;
}
