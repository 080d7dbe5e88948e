/**
 * A broken link of the chain as a record, little-endian; src/chain-breaks.ts keeps them so:
 *   +0 f64 index of the block  +8 f64 its file offset  +16 f64 file offset of the element before it
 *   +24 computed hash of that element  +56 PrevHash as stored
 *
 * File offsets are exact integers below 2^53 in f64, so that JavaScript needs no BigInt.
 */
export const BREAK_BYTES: u32 = 88;
const HASH_BYTES: usize = 32;

/** Whether a block whose PrevHash is stored at `prevHash` names the hash at `digest`. */
@inline
export function linkHolds(prevHash: usize, digest: usize): bool {
  const low = v128.xor(v128.load(prevHash), v128.load(digest));
  const high = v128.xor(v128.load(prevHash, 16), v128.load(digest, 16));
  return !v128.any_true(v128.or(low, high));
}

/** `index` and `offset` are those of the block whose PrevHash is stored at `prevHash`. */
export function writeBreak(record: usize, index: u32, offset: u64, previousOffset: u64, computed: usize, prevHash: usize): void {
  store<f64>(record, <f64>index);
  store<f64>(record, <f64>offset, 8);
  store<f64>(record, <f64>previousOffset, 16);
  memory.copy(record + 24, computed, HASH_BYTES);
  memory.copy(record + 56, prevHash, HASH_BYTES);
}
