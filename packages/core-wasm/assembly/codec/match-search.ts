/**
 * Search for matches, for encoders: hashing the bytes at a position, measuring a match, copying literals.
 *
 * Layout: a hash table holds u32 positions relative to the first byte of the input. A cleared slot stands for position 0.
 * Invariant: every candidate from a table is compared with the input before it is used, so that any content of a table is safe.
 */
import { copyWide, SHORT_COPY } from "./copy";

/** For multiplicative hashing: an odd constant near 2^64 divided by the golden ratio. */
const MULTIPLIER: u64 = 0x9e3779b97f4b7c15;
const SLOT_SHIFT: usize = 2;

/** Byte offset of the slot for the first `bytes` bytes of `word`, in a table of 1 << (64 - shift) slots. */
@inline
export function slotOf(word: u64, bytes: u64, shift: u64): usize {
  return <usize>(((word << (64 - 8 * bytes)) * MULTIPLIER) >> shift) << SLOT_SHIFT;
}

/** The end of the match that begins at `at` and repeats the bytes at `candidate`: at most `limit`. */
@inline
export function matchEnd(at: usize, candidate: usize, limit: usize): usize {
  while (at + 8 <= limit) {
    const difference = load<u64>(at) ^ load<u64>(candidate);
    if (difference !== 0) return at + <usize>(ctz<u64>(difference) >> 3);
    at += 8;
    candidate += 8;
  }
  while (at < limit && load<u8>(at) === load<u8>(candidate)) {
    at++;
    candidate++;
  }
  return at;
}

/** Copies literals. 16 bytes behind `from` have to be readable, and 16 bytes behind `to` may be overwritten. */
@inline
export function copyLiterals(to: usize, from: usize, length: usize): void {
  if (length < SHORT_COPY) copyWide(to, from, length);
  else memory.copy(to, from, length);
}

/** log2 of the number of slots of a table for an input of `length` bytes: at least one slot per byte, within the bounds. */
export function tableLog(length: u32, least: u32, most: u32): u32 {
  const log: u32 = length > 1 ? 32 - clz<u32>(length - 1) : 0;
  return max<u32>(least, min<u32>(most, log));
}
